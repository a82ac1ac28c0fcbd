"""The files of an edition, all made of its stored figures and texts, and what proves it genuine."""

from __future__ import annotations

from typing import Any

from reports.files import figures_sha256, issue_json, issue_workbook
from reports.genuine import code_of
from reports.issue import PrintedIssue, issue_markup
from reports.models import Briefing, BriefingFile
from reports.models.files import CONTENT_TYPES
from reports.pdf import Attachment, print_markup
from reports.unit_lists import lists_from_json


def files_of(briefing: Briefing, issue: PrintedIssue) -> dict[str, bytes]:
    """Return the content of each file by its kind. Raises PortalError as printing does."""
    from reports.files.document import issue_document  # python-docx, which only printing needs

    data = issue_json(issue, briefing.lists, code=briefing.code)
    workbook = issue_workbook(issue, lists_from_json(briefing.lists), code=briefing.code)
    attachments = (
        Attachment("figures.xlsx", CONTENT_TYPES["xlsx"], workbook, "本期各表和每个数字背后的名单"),
        Attachment("figures.json", CONTENT_TYPES["json"], data, "本期的全部数据和名单，供程序读取"),
    )
    return {
        BriefingFile.Kind.PDF: print_markup(issue_markup(briefing), attachments=attachments),
        BriefingFile.Kind.XLSX: workbook,
        BriefingFile.Kind.DOCX: issue_document(issue, code=briefing.code),
        BriefingFile.Kind.JSON: data,
    }


def proof_of(briefing: Briefing, trail_head: str) -> dict[str, Any]:
    """Return what proves an edition that is being issued: digest, seal of the trail, code; as it is if it has them already."""
    if briefing.code:
        return {}
    digest = figures_sha256(briefing.figures, briefing.lists)
    return {
        "figures_sha256": digest,
        "trail_head": trail_head,
        "code": code_of(digest, trail_head, briefing.ref, briefing.edition),
    }
