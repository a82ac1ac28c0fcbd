"""Briefings and the dashboard: figures, text, charts, pages, PDF."""
