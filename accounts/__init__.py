"""People who sign in: roles, their division, the right to see personal data."""
