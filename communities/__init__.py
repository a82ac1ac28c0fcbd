"""Places: divisions and their changes, communities, profiles, facilities, governance bodies."""
