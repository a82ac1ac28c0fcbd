"""A list's way out: what a page shows, as a file."""
