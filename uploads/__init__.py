"""Uploading of spreadsheets: read, map columns, check, preview, commit."""
