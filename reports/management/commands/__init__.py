"""Commands of briefings and of the demo."""
