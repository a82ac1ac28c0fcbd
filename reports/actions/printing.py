"""Printing an edition in the background: a draft from today's figures, an approved edition for good.

Printing needs a claim on the row (`reports.jobs`); a result is written only while the claim is valid. What proves an
edition (digest of its figures, seal of the trail, code) is written before its files are made, so that a worker that dies
in between is followed by one that makes the same bytes.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone

from changelog.trail import TrailKind, newest_seal, record_event, seal_waiting
from changzhi_portal.jobs import Claim
from changzhi_portal.refusals import PortalError
from reports.actions.drafted import drafted_content
from reports.actions.drafting import draft_looks
from reports.actions.files import files_of, proof_of
from reports.flow import FLOW
from reports.issue import issue_text
from reports.jobs import PRINT
from reports.models import Briefing, BriefingFile
from reports.plain_text import plain_text
from reports.storage import delete_files, store_file

logger = logging.getLogger(__name__)
State = Briefing.State


def print_briefing(briefing_id: int) -> None:
    """Print a queued briefing, as the worker does; do nothing when another worker has taken it. Safe to run twice.

    A failure sets the row's state and a Chinese sentence for the page. Only a database error is raised, because the
    briefing is not its cause: beat puts the row back.
    """
    try:
        print_queued(briefing_id)
    except PortalError as error:
        logger.warning("Briefing %s was not printed: %s", briefing_id, error.cure)
    except DatabaseError:
        raise
    except Exception:
        logger.exception("Briefing %s failed", briefing_id)


def print_queued(briefing_id: int) -> Briefing | None:
    """Print a queued briefing in this process; return the printed row, or None when it is not queued.

    Returns None as well when another worker has got it in the meantime. A failure is written to the row and then
    raised.
    """
    claim = PRINT.claim(briefing_id, step="正在核对数据")
    if claim is None:
        return None
    with claim.guard():
        _print(claim)
        return Briefing.objects.get(pk=briefing_id)
    return None


def _print(claim: Claim[Briefing]) -> None:
    """Draft or issue the claimed edition. Raises ClaimLostError."""
    briefing = Briefing.objects.select_related("period", "division__parent", "printed_by__division").get(pk=claim.key)
    if briefing.stage == Briefing.Stage.ISSUING:
        _set(briefing, proof_of(briefing, _trail_head()))
    else:
        _set(briefing, draft_looks(briefing.division))
        _set(briefing, drafted_content(briefing))
    issue = issue_text(briefing)
    briefing.text = plain_text(issue)
    claim.heartbeat(step="正在绘图和排版", **_written(briefing))
    contents = files_of(briefing, issue)
    claim.heartbeat(step="正在保存文件")
    files = [
        BriefingFile(briefing=briefing, kind=kind, **store_file(briefing.ref, kind, content)._asdict())
        for kind, content in contents.items()
    ]
    _finish(claim, briefing, files)


def _set(briefing: Briefing, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(briefing, name, value)


_WRITTEN_BY_DRAFTS = (
    "figures",
    "lists",
    "sources",
    "corrections",
    "masthead",
    "office",
    "seal_line",
    "figures_sha256",
    "text",
)
_WRITTEN_BY_ISSUES = ("trail_head", "code", "figures_sha256", "text")


def _written(briefing: Briefing) -> dict[str, Any]:
    """Return the columns that printing writes before it makes files."""
    if briefing.stage == Briefing.Stage.ISSUING:
        return {name: getattr(briefing, name) for name in _WRITTEN_BY_ISSUES}
    # Another version: who has the page of the draft before open has not seen these figures.
    return {**{name: getattr(briefing, name) for name in _WRITTEN_BY_DRAFTS}, "version": F("version") + 1}


def _finish(claim: Claim[Briefing], briefing: Briefing, files: list[BriefingFile]) -> None:
    """Write the files' rows and the state last; an edition that is issued becomes so in the same transaction."""
    with transaction.atomic():
        claim.finish(State.PRINTED, printed_at=timezone.now(), step="")
        before = set(briefing.files.values_list("name", flat=True))
        briefing.files.all().delete()
        BriefingFile.objects.bulk_create(files)
        unused = before - {file.name for file in files}
        transaction.on_commit(lambda: delete_files(unused))
        if briefing.stage == Briefing.Stage.ISSUING:
            _issue(briefing)


def _issue(briefing: Briefing) -> None:
    """Make the printed edition an issued one, and record that in the trail."""
    Briefing.objects.filter(pk=briefing.pk).update(issued_at=timezone.now())
    issued = FLOW.make(briefing, "finish", by=None)
    detail = {
        "period": issued.period.code,
        "edition": issued.edition,
        "code": issued.code,
        "figures_sha256": issued.figures_sha256,
        "files": "；".join(f"{file.kind} {file.sha256}" for file in issued.files.all()),
    }
    asked = issued.steps.filter(move="issue").select_related("made_by__division").last()
    record_event(TrailKind.ISSUED, by=asked and asked.made_by, division=briefing.division, about=issued, detail=detail)


def _trail_head() -> str:
    """Return the newest seal of the trail, once all that waits has got its own; "" without any.

    What cannot be sealed now, such as on a full disk, is left to beat.
    """
    try:
        seal_waiting()
    except (OSError, ValueError) as error:
        logger.warning("The trail was not sealed before printing: %s", type(error).__name__)
    return newest_seal()
