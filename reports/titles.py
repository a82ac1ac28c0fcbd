"""What an edition is called: on its page, as a file, in mails."""

from __future__ import annotations

from reports.models import Briefing


def file_title(briefing: Briefing) -> str:
    """Return the name of its files without ending, and the title of its page: 2018年6月长治市简报."""
    return f"{briefing.span_name}{briefing.division.name}简报{briefing.edition_name}"
