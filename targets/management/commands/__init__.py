"""Commands of the targets."""
