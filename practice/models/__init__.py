"""Tables of guarantees and practice [五]: documents, stories and practice cases. Import from here."""

from practice.models.documents import Document, DocumentQuerySet
from practice.models.stories import (
    LONGEST_BODY,
    LONGEST_SUMMARY,
    OF_LIBRARY,
    OPEN,
    REPORTED,
    Story,
    StoryQuerySet,
    StoryStep,
)

__all__ = [
    "LONGEST_BODY",
    "LONGEST_SUMMARY",
    "OF_LIBRARY",
    "OPEN",
    "REPORTED",
    "Document",
    "DocumentQuerySet",
    "Story",
    "StoryQuerySet",
    "StoryStep",
]
