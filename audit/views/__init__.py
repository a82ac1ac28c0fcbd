"""The auditor's pages: the trail, one record of it, everything about one record, files that left, rights, divisions."""

from audit.views.divisions import DivisionChangeList
from audit.views.downloads import DownloadList, FoundFile
from audit.views.rights import RightsPage
from audit.views.subject import AboutRecord
from audit.views.trail import TrailList, TrailRecordPage

__all__ = [
    "AboutRecord",
    "DivisionChangeList",
    "DownloadList",
    "FoundFile",
    "RightsPage",
    "TrailList",
    "TrailRecordPage",
]
