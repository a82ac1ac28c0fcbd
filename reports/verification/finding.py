"""The issue behind a code or a file, with what its front page says and whether it is in force; never a figure.

Whoever holds a paper may ask, so nothing here is limited to the scope of a user, and nothing is found before it was issued.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import TextChoices

from reports import words
from reports.files import figures_sha256
from reports.genuine import code_of
from reports.models import Briefing, BriefingFile, BriefingStep


class Standing(TextChoices):
    """Whether an issue is what it was when it was issued, and still in force."""

    IN_FORCE = "in_force", "有效"
    REPLACED = "replaced", "已更正"
    WITHDRAWN = "withdrawn", "已撤回"
    ALTERED = "altered", "数据不符"


@dataclass(frozen=True)
class ProvenFile:
    """A file of an issue: its kind in words, and its digest."""

    kind: str
    sha256: str


@dataclass(frozen=True)
class Proof:
    """What anybody may know of an issue: its front page, its standing, and the digests that it is compared by.

    `replaced_by` is the number line of the newest edition that corrects it, with `replaced_on`; `is_replacement_withdrawn` if
    that was withdrawn, which does not make this one right again. `withdrawn_because` is the reason of a withdrawal, "" for none.
    """

    code: str
    title: str
    masthead: str
    number: str
    office: str
    issued_on: date | None
    standing: Standing
    replaced_by: str
    replaced_on: date | None
    is_replacement_withdrawn: bool
    withdrawn_because: str
    figures_sha256: str
    trail_head: str
    files: tuple[ProvenFile, ...]


def find_by_code(code: str) -> Proof | None:
    """Return the issue with a code as `reports.genuine.read_code` returns it; None if there is none."""
    briefing = Briefing.objects.published().filter(code=code).select_related("period").first()
    return None if briefing is None else _proof(briefing)


def find_by_file(sha256: str) -> Proof | None:
    """Return the issue that a file with this digest belongs to; None if there is none."""
    published = Briefing.objects.published().select_related("period")
    briefing = published.filter(pk__in=BriefingFile.objects.filter(sha256=sha256).values("briefing")).first()
    return None if briefing is None else _proof(briefing)


def _proof(briefing: Briefing) -> Proof:
    figures = briefing.stored_figures
    newer = Briefing.objects.editions_of(briefing).published().filter(edition__gt=briefing.edition).first()
    step = BriefingStep.objects.filter(briefing=briefing, move="withdraw").order_by("-pk").first()
    files = BriefingFile.objects.filter(briefing=briefing)
    return Proof(
        code=briefing.code,
        title="" if figures is None else words.title(figures),
        masthead=briefing.masthead,
        number=briefing.number_line,
        office=briefing.office or ("" if figures is None else figures.division.office),
        issued_on=briefing.issued_on,
        standing=_standing(briefing, newer),
        replaced_by="" if newer is None else newer.number_line,
        replaced_on=None if newer is None else newer.issued_on,
        is_replacement_withdrawn=newer is not None and newer.stage == Briefing.Stage.WITHDRAWN,
        withdrawn_because="" if step is None else step.note,
        figures_sha256=briefing.figures_sha256,
        trail_head=briefing.trail_head,
        files=tuple(ProvenFile(file.get_kind_display(), file.sha256) for file in files),
    )


def _standing(briefing: Briefing, newer: Briefing | None) -> Standing:
    """Return the standing; the code is computed again from what is stored, so that a changed figure shows."""
    digest = figures_sha256(briefing.figures, briefing.lists)
    if briefing.code != code_of(digest, briefing.trail_head, briefing.ref, briefing.edition):
        return Standing.ALTERED
    if briefing.stage == Briefing.Stage.WITHDRAWN:
        return Standing.WITHDRAWN
    return Standing.REPLACED if newer is not None else Standing.IN_FORCE
