"""What has happened that other systems may be told of, read from the trail (ADR 0033). Import from here."""

from connections.events.reading import Event, Reading, newest_seal_number, read_events, told_to

__all__ = ["Event", "Reading", "newest_seal_number", "read_events", "told_to"]
