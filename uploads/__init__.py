"""A spreadsheet's way in: read, map, check, preview, commit."""
