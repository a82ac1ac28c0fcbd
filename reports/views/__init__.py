"""Pages of reports. One file a subject."""
