"""Pages of briefings and the dashboard."""
