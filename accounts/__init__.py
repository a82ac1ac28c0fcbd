"""Users: roles, divisions, the right to see personal data."""
