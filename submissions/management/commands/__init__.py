"""Commands of the month."""
