"""Proving that a printed or sent issue is genuine (docs/domain.md §7.7): the issue behind a code, and files by their digest."""
