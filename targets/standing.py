"""How one community stands towards each target: figure, bound, gap, what changed since last month, and the months before."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.functional import cached_property

from changelog.history import OF_OTHERS
from changzhi_portal.display import display_number
from changzhi_portal.indicators import CountedRegister, indicator_named
from changzhi_portal.rights import Actor, has_right
from communities.models import Community, RecordMove, community_on, here_or_left
from periods.models import ReportingPeriod, last_day_of, month_after
from targets.addresses import results_address
from targets.judgement import Verdict
from targets.models import CommunityMeasure, Computation, Target
from targets.wording import bound_text

MONTHS_SHOWN = 13  # the newest, and the year before it
MOST_NAMED = 3
_SEES_NAMES = "may_see_registers"
# The field of `Movement` by whether a fact is here at the end of the month and not before, else the reverse, and whether it moved.
_HOW = {(True, False): "begun", (True, True): "joined", (False, False): "ended", (False, True): "left"}


@dataclass(frozen=True)
class Movement:
    """What began, ended, came and left in a register of the community within a month; names only for who may see them.

    `joined` came from another community with a change of divisions, `left` went to another one.
    """

    begun: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    shows_names: bool = True

    @property
    def text(self) -> str:
        """Return 新增甲、乙；停止丙；并入丁；划出戊; without names 新增2项. "" when nothing began, ended, came or left."""
        told = (("新增", self.begun), ("停止", self.ended), ("并入", self.joined), ("划出", self.left))
        return "；".join(self._part(word, names) for word, names in told if names)

    def _part(self, word: str, names: tuple[str, ...]) -> str:
        if not self.shows_names:
            return f"{word}{len(names)}项"
        rest = f"等{len(names)}项" if len(names) > MOST_NAMED else ""
        return f"{word}{'、'.join(names[:MOST_NAMED])}{rest}"


@dataclass(frozen=True)
class Point:
    """One month of a community's figure for a target."""

    month: datetime.date
    value: Decimal | None
    verdict: str


@dataclass(frozen=True)
class Standing:
    """One target: its figure in the newest month, and in the months before, oldest first."""

    target: Target
    measure: Any  # a CommunityMeasure with `verdict`, `value` and `missing`
    points: Sequence[Point]
    list_url: str
    movement: Movement | None = field(default=None)

    @property
    def bound(self) -> str:
        """Return what is required: ≥500㎡."""
        return bound_text(self.target)

    @property
    def before(self) -> Point | None:
        """Return the month before the newest; None when it was not measured."""
        last_month = month_after(self.points[-1].month, -1)
        return next((point for point in self.points if point.month == last_month), None)

    @property
    def change(self) -> Decimal | None:
        """Return the change of the figure on last month; None when either month has none."""
        if self.before is None or self.before.value is None or self.measure.value is None:
            return None
        return self.measure.value - self.before.value

    @property
    def change_in_words(self) -> str:
        """Return the change and what made it: 增加20㎡：新增甲; 与上月相同; or why there is none to tell."""
        if self.before is None:
            return "上月没有测算"
        if self.change is None:
            return "" if self.before.verdict == self.measure.verdict else f"上月{Verdict(self.before.verdict).label}"
        if not self.change:
            return "与上月相同"
        word = "增加" if self.change > 0 else "减少"
        made_by = self.movement.text if self.movement is not None else ""
        return f"{word}{display_number(abs(self.change))}{self.target.value_unit}：{made_by or '登记内容有更正'}"

    @property
    def turned(self) -> str:
        """Return 上月未达标 when the verdict has changed since last month; ""."""
        before = self.before
        if before is None or self.change is None or before.verdict == self.measure.verdict:
            return ""
        return f"上月{Verdict(before.verdict).label}"


class CommunityStandings:
    """Every target that judges a community in the newest month in which it was measured, within a user's scope."""

    def __init__(self, community: Community, user: Actor) -> None:
        self.community, self.user = community, user
        self._measures = CommunityMeasure.objects.visible_to(user).filter(community=community)
        newest = self._measures.select_related("period", "town__parent").order_by("-period__month").first()
        self.newest = newest
        self.period: ReportingPeriod | None = newest.period if newest is not None else None
        self.computation = Computation.objects.of_period(self.period) if self.period is not None else None

    @cached_property
    def each(self) -> list[Standing]:
        """Return the standings in the plan's order. One query a target, and one for each register that has changed."""
        if self.computation is None or self.period is None or self.newest is None:
            return []
        targets = self.computation.plan.targets.filter(is_scored=True, level=Target.Level.COMMUNITY)
        standings = [self._standing(target, self.period) for target in targets.order_by("position")]
        return [standing for standing in standings if standing is not None]

    @property
    def months(self) -> list[tuple[datetime.date, list[tuple[Standing, Point | None]]]]:
        """Return by month, newest first, each target with its figure; None in a month in which it was not judged."""
        by_target = [{point.month: point for point in standing.points} for standing in self.each]
        months = sorted({month for points in by_target for month in points}, reverse=True)
        return [
            (month, [(standing, points.get(month)) for standing, points in zip(self.each, by_target, strict=True)])
            for month in months
        ]

    def _standing(self, target: Target, period: ReportingPeriod) -> Standing | None:
        since = month_after(period.month, 1 - MONTHS_SHOWN)
        of_months = self._measures.filter(period__month__gte=since, period__month__lte=period.month)
        measures = list(of_months.judged_by(target).select_related("period").order_by("period__month"))
        if not measures or measures[-1].period_id != period.pk:
            return None
        points = [Point(each.period.month, each.value, each.verdict) for each in measures]
        list_url = results_address(
            plan=target.plan, period=period, target=target, division=self.newest.town if self.newest else None
        )
        standing = Standing(target, measures[-1], points, list_url)
        if not standing.change:
            return standing
        return Standing(target, measures[-1], points, list_url, self._movement(target, period))

    def _movement(self, target: Target, period: ReportingPeriod) -> Movement:
        register = indicator_named(target.indicator).register
        if register.code not in self._movements:
            self._movements[register.code] = self._read_movement(register, period.month)
        return self._movements[register.code]

    @cached_property
    def _movements(self) -> dict[str, Movement]:
        return {}

    def _read_movement(self, register: CountedRegister, month: datetime.date) -> Movement:
        """Return what began, ended, came and left in the month: a fact whose end is a day has ended by then."""
        start, end = register.model.dated_by  # type: ignore[attr-defined]
        after, until = last_day_of(month_after(month, -1)), last_day_of(month)
        began, ended = (Q(**{f"{name}__gt": after, f"{name}__lte": until}) for name in (start, end))
        every = register.model._default_manager
        moved = RecordMove.objects.of_model(register.model).filter(moved_on__gt=after, moved_on__lte=until)
        rows = every.filter(here_or_left(register.model, [self.community.pk], after))
        rows = rows.filter(began | ended | Q(pk__in=moved.values("record_id"))).annotate(
            at_first=community_on(register.model, after),
            at_last=community_on(register.model, until),
            # What has left may lie outside the user's area by now.
            is_visible=Exists(every.visible_to(self.user).filter(pk=OuterRef("pk"))),  # type: ignore[attr-defined]
        )
        rows = rows.select_related(register.through) if register.through else rows
        named: dict[str, list[str]] = defaultdict(list)
        for row in rows.order_by("pk"):
            was_here, is_here = (
                place == self.community.pk
                and getattr(row, start) <= day
                and (getattr(row, end) is None or getattr(row, end) > day)
                for place, day in ((row.at_first, after), (row.at_last, until))
            )
            if was_here != is_here:
                record = getattr(row, register.through) if register.through else row
                how = _HOW[is_here, row.at_first != row.at_last]
                named[how].append(str(record) if row.is_visible else OF_OTHERS)
        return Movement(
            **{how: tuple(names) for how, names in named.items()}, shows_names=has_right(self.user, _SEES_NAMES)
        )
