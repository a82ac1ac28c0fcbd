"""Notices to people who sign in, and their e-mail."""
