"""The table of a month's results."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

import django_tables2 as tables
from django.db.models import QuerySet
from django.template.loader import render_to_string

from changzhi_portal.display import DASH
from changzhi_portal.pages.tables import AmountColumn, NumberColumn, RegisterTable, ShortColumn
from changzhi_portal.rights import Actor
from communities.models import Division
from targets.models import CommunityMeasure
from targets.results import Question, lack_in_words
from targets.wording import bound_text


@cache
def verdict_mark(verdict: str) -> str:
    """Return a verdict as the mark that all pages show."""
    return render_to_string("targets/verdict.html", {"verdict": verdict})


class ResultTable(RegisterTable):
    """The communities judged by one target in one month, with figure, bound, verdict and gap."""

    caption: ClassVar[str] = "各社区的达标情况"
    default_order: ClassVar[str] = "-gap,code"
    optional: ClassVar[tuple[str, ...]] = ("code", "households")

    name = tables.Column(
        "社区", order_by="community__sort_key", linkify=lambda record: record.community.get_absolute_url()
    )
    code = ShortColumn("社区代码")
    county = tables.Column("县（市、区）", accessor="county__name", order_by="county__code")
    town = tables.Column("街道（乡镇）", accessor="town__name", order_by="town__code")
    residents = NumberColumn("常住人口")
    households = NumberColumn("户数")
    value = AmountColumn("现有")
    bound = ShortColumn("要求", empty_values=(), orderable=False)
    gap = AmountColumn("还缺", accessor="missing", attrs={"th": {"class": "number"}, "td": {"class": "number bad"}})
    verdict = ShortColumn("结果")
    lack = tables.Column("说明", empty_values=(), orderable=False)

    class Meta(RegisterTable.Meta):
        model = CommunityMeasure
        fields = ()

    def __init__(self, data: QuerySet, *, question: Question, **kwargs: Any) -> None:
        super().__init__(data=data, **kwargs)
        self.question = question
        if question.is_now:
            self.base_place("community__town__parent", "county")
            self.base_place("community__town", "town")
        if question.target is not None:
            self.columns["value"].column.verbose_name = f"现有（{question.target.value_unit}）"
            self.columns["gap"].column.verbose_name = f"还缺（{question.target.unit}）"

    def base_place(self, lookup: str, name: str) -> None:
        """Let the column `name` show the division of today instead of the month's."""
        if name not in self.columns.columns:
            return
        column = self.columns[name].column
        column.accessor = tables.A(f"{lookup}__name")
        column.order_by = tables.utils.OrderByTuple((f"{lookup}__code",))

    @classmethod
    def redundant_for(cls, user: Actor) -> tuple[str, ...]:
        """Return the place columns for a user of one town; a county may have been two in a past month."""
        return ("county", "town") if user.division.level == Division.Level.TOWN else ()

    def render_bound(self) -> str:
        """Return what the target requires: ≥500㎡."""
        return bound_text(self.question.target) if self.question.target is not None else DASH

    def render_verdict(self, value: str) -> str:
        """Return the verdict as the mark that all pages show."""
        return verdict_mark(value)

    def render_lack(self, record: Any) -> str:
        """Return what the community lacks, or why it cannot be judged."""
        target = self.question.target
        return (lack_in_words(record, target) if target is not None else "") or DASH
