"""The calendar of reporting months: open, due, locked."""
