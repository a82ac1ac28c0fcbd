"""Commands of briefings."""
