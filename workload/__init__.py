"""Burden relief: what may be asked of communities, and how they are assessed (docs/domain.md)."""
