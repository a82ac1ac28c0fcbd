"""Social organizations and social-work agencies."""
