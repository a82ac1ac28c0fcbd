"""Pages of the figures of divisions (工作指标): all of one division, and one of the divisions below it."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.urls import reverse

from changzhi_portal.figures import Figure, FigureKind, declared_figures
from changzhi_portal.pages import Crumb
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.exported import ExportedColumn, ExportedPage, ShownList, column
from communities.models import Division
from periods.models import ReportingPeriod, parse_month
from targets.addresses import NOW, THEN
from targets.current_boundaries import figures_in_current_boundaries, is_of_another_map
from targets.engine.figures import figure_as_of_now
from targets.figure_lines import NOT_REPORTED, FigureLine, Key, by_key
from targets.models import Computation, DivisionMeasure, FigureResult
from targets.models.figure import FigureResultQuerySet

_LEVELS = (Division.Level.CITY, Division.Level.COUNTY, Division.Level.TOWN)


class FigurePage(ExportedPage):
    """?period=2019-06&division=CODE&boundaries=now: month, division and map of what a page of figures shows."""

    help_at = "工作指标"
    requires = "may_see_figures"

    @cached_property
    def periods(self) -> list[ReportingPeriod]:
        """Return the months that were measured, newest first."""
        return list(ReportingPeriod.objects.filter(computations__finished_at__isnull=False).order_by("-month"))

    @cached_property
    def period(self) -> ReportingPeriod | None:
        """Return the requested month, by default the newest; None where it was not measured. Raises InvalidError."""
        requested = self.request.GET.get("period")
        month = parse_month(requested) if requested else None
        return next((each for each in self.periods if month in (None, each.month)), None)

    @cached_property
    def has_other_map(self) -> bool:
        """Return whether divisions of the month have ended since."""
        return self.period is not None and is_of_another_map(self.period)

    @property
    def is_now(self) -> bool:
        """Return whether the month is shown by today's divisions."""
        return self.has_other_map and self.request.GET.get("boundaries") == NOW

    @cached_property
    def divisions(self) -> list[Division]:
        """Return the divisions of the month, or of today, that the user may see: the city, counties, towns by code."""
        seen = Division.objects.visible_to(self.request.user).select_related("parent")
        measured = DivisionMeasure.objects.filter(period=self.period).values("division")
        seen = seen.current() if self.is_now else seen.filter(pk__in=measured)
        return sorted(seen, key=lambda each: (_LEVELS.index(Division.Level(each.level)), each.code))

    @cached_property
    def division(self) -> Division | None:
        """Return the requested division, else the user's own, else the first. Raises Http404 for an unknown one."""
        requested = self.request.GET.get("division")
        if requested:
            found = next((each for each in self.divisions if each.code == requested), None)
            if found is None:
                raise Http404
            return found
        own = [each for each in self.divisions if each.pk == self.request.user.division.pk]
        return next(iter(own or self.divisions), None)

    @property
    def choices(self) -> list[Division]:
        """Return the divisions to choose from: the two upper levels that the user sees, and the one shown."""
        highest = min((_LEVELS.index(Division.Level(each.level)) for each in self.divisions), default=0)
        shown = _LEVELS[highest : highest + 2]
        return [each for each in self.divisions if each.level in shown or each == self.division]

    def below(self, division: Division) -> list[Division]:
        """Return the divisions one level below."""
        return [each for each in self.divisions if each.parent_id == division.pk]

    def shown(self, rows: FigureResultQuerySet) -> FigureResultQuerySet:
        """Filter for the figures that the page shows."""
        raise NotImplementedError

    @cached_property
    def now(self) -> dict[Key, FigureResult]:
        """Return the month's figures by key, within what the user may see."""
        if self.period is None:
            return {}
        if self.is_now:
            return by_key(figures_in_current_boundaries(self.period, user=self.request.user))
        return by_key(self.shown(FigureResult.objects.visible_to(self.request.user)).of_period(self.period))

    @cached_property
    def before(self) -> dict[Key, FigureResult]:
        """Return the figures of the month before that were counted alike; none beside today's divisions."""
        if self.period is None or self.is_now:
            return {}
        return by_key(self.shown(FigureResult.objects.visible_to(self.request.user)).of_month_before(self.period))

    def address(self, name: str, *, figure: str = "", division: Division | None = None, part: str = "") -> str:
        """Return the address of a page of figures for the month and map that this one shows."""
        shown = division or self.division
        asked = {
            "figure": figure,
            "period": self.period.code if self.period else "",
            "division": shown.code if shown else "",
            "part": part,
            "boundaries": NOW if self.is_now else "",
        }
        return f"{reverse(name)}?{urlencode({key: value for key, value in asked.items() if value})}"

    def context_of(self, lines: list[FigureLine]) -> dict[str, Any]:
        """Return the context that both pages have."""
        return {
            "period": self.period,
            "periods": self.periods,
            "computation": Computation.objects.of_period(self.period) if self.period else None,
            "division": self.division,
            "choices": self.choices,
            "has_other_map": self.has_other_map,
            "is_now": self.is_now,
            "boundaries": [(THEN, "按当时区划"), (NOW, "按现行区划")],
            "lines": lines,
            **self.export_menu(len(lines)),
        }


class FigureList(FigurePage):
    """工作指标 of one division in one month."""

    title = "工作指标"
    template_name = "targets/figures.html"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show every declared figure."""
        return self.render_to_response(self.get_context_data(**self.context_of(self.lines)))

    def get_crumbs(self) -> list[Crumb]:
        """Return no breadcrumbs: the list belongs to no other page."""
        return []

    def shown(self, rows: FigureResultQuerySet) -> FigureResultQuerySet:
        """See FigurePage.shown: those of the division."""
        return rows.of_division(self.division) if self.division is not None else rows.none()

    @cached_property
    def lines(self) -> list[FigureLine]:
        """Return a line for each figure and one for each of its parts."""
        if self.division is None or self.period is None:
            return []
        return [
            FigureLine.of(
                figure,
                part,
                self.division,
                now=self.now,
                before=self.before,
                url=self.address("targets:figure", figure=figure.code, part=part),
            )
            for figure in declared_figures()
            for part in ("", *figure.parts)
        ]

    def shown_list(self) -> ShownList:
        """Return the figures with their sums."""
        columns = (
            column("figure", "指标", lambda line: line.figure.name),
            column("part", "分项", lambda line: line.name if line.part else None),
            *_NUMBERS,
            column("counties", "覆盖的县（市、区）数", lambda line: line.result.counties if line.result else None),
            column("clause", "条款", lambda line: line.figure.clause),
        )
        title = f"{self.division.full_name if self.division else ''}{self.period or ''}{self.title}"
        return ShownList(title, self.title, columns, self.lines, len(self.lines))


class FigureOfDivisions(FigurePage):
    """?figure=CODE&part=CODE: one figure, or a part of it, of a division and of those one level below."""

    title = "工作指标"
    template_name = "targets/figure.html"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show the figure, with the difference to what the registers say now."""
        lines = self.lines
        context = self.context_of(lines) | {
            "figure": self.figure,
            "figures": declared_figures(),
            "part": self.part,
            "parts": self.figure.parts.items(),
            "is_flow": self.figure.kind is FigureKind.FLOW,
            "has_lists": any(line.list_url for line in lines),
            "has_differences": self.has_differences,
            "list_address": self.address("targets:figures"),
            "covered": lines[0].result.counties if lines and lines[0].result else None,
        }
        return self.render_to_response(self.get_context_data(**context))

    def get_title(self) -> str:
        """Return the name of the figure and of its part."""
        return f"{self.figure.name}：{self.figure.parts[self.part]}" if self.part else self.figure.name

    def get_crumbs(self) -> list[Crumb]:
        """Return the breadcrumb to all figures."""
        return [Crumb("工作指标", reverse("targets:figures"))]

    @cached_property
    def figure(self) -> Figure:
        """Return the figure of the address, by default the first. Raises Http404 for one that no app declares."""
        asked = self.request.GET.get("figure", "")
        found = next((each for each in declared_figures() if asked in ("", each.code)), None)
        if found is None:
            raise Http404
        return found

    def shown(self, rows: FigureResultQuerySet) -> FigureResultQuerySet:
        """See FigurePage.shown: those of the figure."""
        return rows.of_figure(self.figure.code).filter(part=self.part)

    @property
    def part(self) -> str:
        """Return the part asked for; "" for all together, also where there is no such part."""
        asked = self.request.GET.get("part", "")
        return asked if asked in self.figure.parts else ""

    @cached_property
    def lines(self) -> list[FigureLine]:
        """Return the line of the division, then those of the divisions below it."""
        if self.division is None or self.period is None:
            return []
        period = self.period
        live = None if self.is_now else by_key(figure_as_of_now(period, self.figure))
        return [
            FigureLine.of(
                self.figure,
                self.part,
                division,
                now=self.now,
                before=self.before,
                live=live,
                url=self.address("targets:figure", figure=self.figure.code, division=division, part=self.part),
                list_url=self.figure.list_url(division, period),
            )
            for division in (self.division, *self.below(self.division))
        ]

    @property
    def has_differences(self) -> bool:
        """Return whether the registers give other sums now; today's divisions are not compared."""
        return not self.is_now and any(line.differs_now for line in self.lines)

    def shown_list(self) -> ShownList:
        """Return the divisions with the sums of the figure."""
        columns = [column("division", "区划", lambda line: line.division.name), *_NUMBERS]
        if self.has_differences:
            columns.append(column("now", "按现在的登记", lambda line: line.live_text))
        title = f"{self.division.full_name if self.division else ''}{self.period or ''}{self.get_title()}"
        return ShownList(title, self.title, tuple(columns), self.lines, len(self.lines))


def _number(value: Decimal | None) -> Decimal | int | None:
    """Return a number for a file, without the zeros that it is stored or printed with."""
    if value is None or value == value.to_integral_value():
        return None if value is None else int(value)
    return value.normalize()


def _sum_of(name: str) -> Any:
    return lambda line: _number(getattr(line.result, name)) if line.result else None


_NUMBERS: tuple[ExportedColumn, ...] = (
    column("numerator", "分子", _sum_of("numerator")),
    column("denominator", "分母", _sum_of("denominator")),
    column("value", "数值", lambda line: _number(line.value)),
    column("unit", "单位", lambda line: line.unit if line.value is not None else None),
    column("change", "较上月", lambda line: _number(line.change)),
    column("value_year", "本年累计", lambda line: _number(line.value_year)),
    column("state", "状态", lambda line: None if line.is_reported else NOT_REPORTED),
)
