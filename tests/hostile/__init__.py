"""Hostile input: one table of what strangers and careless programs send, and what each is answered with."""
