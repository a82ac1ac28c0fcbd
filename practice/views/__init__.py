"""Pages of guarantees and practice. Import from here."""

from practice.views.documents import DocumentDetail, DocumentList, DocumentMatrix
from practice.views.stories import EditStory, Library, NewStory, StoryDetail, StoryList, StoryMovePage

__all__ = [
    "DocumentDetail",
    "DocumentList",
    "DocumentMatrix",
    "EditStory",
    "Library",
    "NewStory",
    "StoryDetail",
    "StoryList",
    "StoryMovePage",
]
