"""One printed issue: a briefing's stored figures as numbered sections and annexes of blocks, and these as HTML.

Nothing is computed here; every number comes from `Briefing.stored_figures` through what the apps declare in
`<app>/briefing.py`. Page, PDF, .docx and .xlsx lay out the same blocks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.template.loader import render_to_string

from changzhi_portal.briefings import Block, Heading, Paragraph
from changzhi_portal.phrases import day_in_words, whole_of
from reports import words
from reports.genuine import code_svg, verification_url
from reports.models import Briefing
from reports.parts import annexes_of, sections_of
from reports.stored_figures import BriefingFigures
from reports.summary import Summary, summary_of

_NUMERALS = "一二三四五六七八九十"
_TYPED = "next_steps"  # the section that a person's text is added to
_TITLE_LETTERS = 20
_STOPS = "。.；;，, "  # that a reason may end with; a sentence goes on behind it


class NumberedBlock(NamedTuple):
    """A block with its number, if it is a heading: （一）."""

    number: str
    block: Block


@dataclass(frozen=True)
class PrintedSection:
    """A section of the body: 一、总体进展 with its blocks."""

    code: str
    number: str
    title: str
    blocks: tuple[Block, ...]

    @property
    def numbered_blocks(self) -> list[NumberedBlock]:
        """Return the blocks, the headings numbered."""
        return _numbered(self.blocks)


@dataclass(frozen=True)
class PrintedAnnex:
    """An annex with its blocks; `label` is 附件1, or 附件 for the only one."""

    code: str
    label: str
    title: str
    blocks: tuple[Block, ...]

    @property
    def numbered_blocks(self) -> list[NumberedBlock]:
        """Return the blocks, the headings numbered."""
        return _numbered(self.blocks)


@dataclass(frozen=True)
class PrintedIssue:
    """The whole text of an issue, as printed.

    `commentary` are the paragraphs of 按语. `correction_reason` is without its full stop ("" of a first edition),
    `corrections` are the lines of 更正说明; `notice` stands on every page of what is no real issue: 草稿, 演示数据.
    """

    briefing: Briefing
    figures: BriefingFigures
    title: str
    office: str
    as_of: str
    scope_name: str
    commentary: tuple[str, ...]
    correction_reason: str
    corrections: tuple[str, ...]
    notice: str
    summary: Summary
    sections: tuple[PrintedSection, ...]
    annexes: tuple[PrintedAnnex, ...]

    @property
    def has_long_title(self) -> bool:
        """Return whether the title takes two lines: one has room for 20 characters of 22 pt."""
        return sum(0.5 if letter.isascii() else 1 for letter in self.title) > _TITLE_LETTERS

    @property
    def title_lines(self) -> tuple[str, str]:
        """Return the title as the two lines that it takes where it is longer than one: 2018年第2季度全市, “三社联动”目标完成情况."""
        place, quote, what = self.title.partition("“")
        return place, quote + what


def issue_markup(briefing: Briefing) -> str:
    """Return the issue as one HTML document, for `reports.pdf.print_markup`."""
    proof_url = verification_url(briefing.code) if briefing.code else ""
    context = {"issue": issue_text(briefing), "proof_url": proof_url, "proof_picture": code_svg(proof_url)}
    return render_to_string("reports/briefing/issue.html", context)


def issue_text(briefing: Briefing) -> PrintedIssue:
    """Return the printed issue. Raises ValueError for a briefing that has no figures yet."""
    figures = briefing.stored_figures
    if figures is None:
        raise ValueError(f"The briefing {briefing.ref} has no figures yet.")
    return PrintedIssue(
        briefing=briefing,
        figures=figures,
        title=words.title(figures),
        office=briefing.office or figures.division.office,
        as_of=day_in_words(figures.as_of),
        scope_name=whole_of(figures.division),
        notice="、".join(_notices(briefing, figures)),
        commentary=tuple(_typed_lines(briefing.commentary)),
        correction_reason=briefing.correction_reason.strip().rstrip(_STOPS),
        corrections=tuple(correction.in_words() for correction in briefing.stored_corrections),
        summary=summary_of(figures),
        sections=_sections(briefing, figures),
        annexes=tuple(
            PrintedAnnex(each.annex.code, each.label, each.annex.title, each.blocks) for each in annexes_of(figures)
        ),
    )


def _notices(briefing: Briefing, figures: BriefingFigures) -> list[str]:
    return [*([] if briefing.is_final else ["草稿"]), *(["演示数据"] if figures.is_demo else [])]


def _sections(briefing: Briefing, figures: BriefingFigures) -> tuple[PrintedSection, ...]:
    """Return the sections that are not empty, numbered without gaps."""
    filled = []
    for section, made in sections_of(figures):
        blocks = _with_remarks(made, getattr(briefing, "remarks", None) or {})
        if section.code == _TYPED:
            blocks = _with_typed(blocks, briefing.next_steps)
        if blocks:
            filled.append((section, blocks))
    return tuple(
        PrintedSection(section.code, number, section.title, blocks)
        for number, (section, blocks) in zip(_NUMERALS, filled, strict=False)
    )


def _with_remarks(blocks: Sequence[Block], remarks: Mapping[str, str]) -> tuple[Block, ...]:
    """Return the blocks with each remark after the last paragraph that has its code."""
    last = {block.code: place for place, block in enumerate(blocks) if isinstance(block, Paragraph) and block.code}
    remarked: list[Block] = []
    for place, block in enumerate(blocks):
        remarked.append(block)
        if isinstance(block, Paragraph) and last.get(block.code) == place:
            remarked += [
                Paragraph(line, block.code, is_remark=True) for line in _typed_lines(remarks.get(block.code, ""))
            ]
    return tuple(remarked)


def _with_typed(blocks: Sequence[Block], text: str) -> tuple[Block, ...]:
    """Return the blocks with what a person typed after the sentences, before the tables."""
    sentences = [block for block in blocks if isinstance(block, Paragraph | Heading)]
    others = [block for block in blocks if not isinstance(block, Paragraph | Heading)]
    return (*sentences, *(Paragraph(line) for line in _typed_lines(text)), *others)


def _typed_lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _numbered(blocks: Sequence[Block]) -> list[NumberedBlock]:
    numbers = iter(_NUMERALS)
    return [NumberedBlock(f"（{next(numbers)}）" if isinstance(block, Heading) else "", block) for block in blocks]
