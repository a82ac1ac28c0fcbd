"""A month's facts for a data warehouse: tables without personal data, typed, with their dictionary (docs/facts.md)."""
