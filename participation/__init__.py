"""Surveys, consultations and activities: what residents say and do (docs/domain.md)."""
