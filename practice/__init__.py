"""Guarantees and practice: documents that put the paper into force, stories and practice cases (docs/domain.md)."""
