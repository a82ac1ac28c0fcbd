"""Purchased-service projects and the purchase catalogue."""
