"""下步工作: what the pace requires, also of each county or town; what a person types follows the sentences."""

from __future__ import annotations

from typing import Any

from changzhi_portal.briefings import Block, BriefingSection, Cell, Column, Paragraph, Table
from changzhi_portal.phrases import units_below
from reports import forecast
from reports.stored_figures import BriefingFigures


def _blocks(_: Any, figures: BriefingFigures) -> tuple[Block, ...]:
    return (*(Paragraph(text) for text in forecast.next_steps(figures)), *_required(figures))


def _required(figures: BriefingFigures) -> list[Table]:
    """Return the table of the monthly progress that each county (town) needs; [] when nothing is open."""
    required = forecast.required_table(figures)
    if not required.rows:
        return []
    points = "" if any(target.unit for target in required.targets) else "的百分点"
    due = forecast.until(figures.plan.ends_on)
    columns = [
        Column(f"{target.short_name}{f'（{target.unit}）' if target.unit else ''}", "number")
        for target in required.targets
    ]
    return [
        Table(
            caption=f"各{units_below(figures.division)}按期完成目标每月需提高{points}（至{due}）",
            columns=(Column("名称", "label", width=31), *columns),
            rows=tuple((Cell(row.name), *(Cell(cell) for cell in row.cells)) for row in required.rows),
            is_dense=True,
        )
    ]


NEXT_STEPS = BriefingSection(code="next_steps", title="下步工作", position=60, blocks=_blocks)
