"""The list of results: every community (county) judged by one target in one month, with its verdict and gap."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import QuerySet

from changzhi_portal.pages import Crumb, ListPage
from changzhi_portal.pages.exported import ShownList, column
from changzhi_portal.pages.tables import RegisterTable
from communities.models import Division
from targets.addresses import NOW
from targets.filters import ResultFilterForm, ResultFilterFormOfCounty, ResultFilterSet
from targets.judgement import Verdict
from targets.models import CommunityMeasure, DivisionMeasure
from targets.results import Question, Summary, lack_in_words, missed_by
from targets.tables import ResultTable
from targets.wording import bound_text, units_text


class WayOut(NamedTuple):
    """Why the list cannot be shown, and what is offered instead: the words of the link and its address."""

    sentence: str
    offer: str
    url: str


class ResultList(ListPage):
    """?period=2019-06&target=CODE&plan=CODE&verdict=unmet&county=CODE&town=CODE&boundaries=now&q=…; each has a default.

    The numbers of other pages lead here (`targets.addresses.results_address`).
    """

    help_at = "达标情况"
    requires = "may_see_figures"
    title = "达标情况"
    template_name = "targets/results.html"
    result_template_name = "targets/results_part.html"
    head_template_name = "targets/results_head.html"
    queryset = CommunityMeasure.objects.all()
    filterset = ResultFilterSet
    form = ResultFilterForm
    form_of_county = ResultFilterFormOfCounty
    table = ResultTable
    empty_advice = "还没有测算结果。登记表上传入库后会自动测算。"

    @cached_property
    def question(self) -> Question:
        """Return what the address asks."""
        return Question.read(self.request.GET, self.request.user)

    def get_queryset(self) -> QuerySet:
        """Return the communities judged that the user may see."""
        return self.question.communities()

    def get_filterset(self, visible: QuerySet) -> ResultFilterSet:
        """Return the filter set with the choices of the month."""
        return self.filterset(
            self.request.GET,
            queryset=visible,
            request=self.request,
            form_class=self.form if self.request.user.division.level == Division.Level.CITY else self.form_of_county,
            question=self.question,
        )

    def get_table(self, rows: QuerySet, **options: Any) -> RegisterTable:
        """Return the table with the target's units in its headers."""
        return super().get_table(rows, question=self.question, **options)

    def get_crumbs(self) -> list[Crumb]:
        """Return no breadcrumbs: the list belongs to no other page."""
        return []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the target with its bound, the head line, and the counties of a target that judges counties."""
        question, filterset = self.question, kwargs["filterset"]
        target = question.target
        context = {
            "question": question,
            "bound": bound_text(target) if target is not None else "",
            "units": units_text(target) if target is not None else "",
            "summary": None,
            "counties": None,
            "verdicts_chosen": [],
            "way_out": self._way_out(filterset) if kwargs["has_wrong_filters"] else None,
        }
        if question.is_answerable and not kwargs["has_wrong_filters"]:
            if question.judges_communities:
                chosen = filterset.form.cleaned_data["verdict"]
                context["verdicts_chosen"] = [str(label) for value, label in Verdict.choices if value in chosen]
                context["summary"] = Summary(question, filterset.everything_but_verdict(), by_town=self._is_by_town())
            else:
                counties = self._counties(filterset.form.cleaned_data)
                context["counties"] = counties
                kwargs |= self.export_menu(len(counties))
        return super().get_context_data(**context, **kwargs)

    def shown_list(self) -> ShownList:
        """Return the communities judged, or the counties of a target for counties."""
        question, target = self.question, self.question.target
        title = "".join(str(part) for part in (question.period or "", target.name if target else "", self.title))
        if target is None or question.judges_communities:
            return dataclasses.replace(super().shown_list(), title=title)
        filterset = self.filters_in_use()
        rows = self._counties(filterset.form.cleaned_data) if filterset.is_valid() else []
        gap = (column("gap", f"还缺（{target.unit}）", lambda row: row[0].missing),)
        columns = (
            column("county", "县（市、区）", lambda row: row[0].division.name),
            column(
                "value",
                f"{'数值' if target.judges_figure else '现有'}（{target.value_unit}）",
                lambda row: row[0].value,
            ),
            column("bound", "要求", lambda row: bound_text(target)),
            *(() if target.judges_figure else gap),
            column("verdict", "结果", lambda row: Verdict(row[0].verdict).label),
            column("lack", "说明", lambda row: row[1]),
        )
        return ShownList(title, self.title, columns, rows, len(rows))

    def _way_out(self, filterset: ResultFilterSet) -> WayOut | None:
        """Return the way to the chosen county's results where the boundaries asked for do not have it; else None."""
        if "county" not in filterset.form.errors:
            return None
        seen = Division.objects.counties().visible_to(self.request.user).filter(code=filterset.data["county"])
        county = seen.order_by("-valid_from").first()
        if county is None or county.current_division.valid_to is not None:
            return None
        today = county.current_division
        query = self.request.GET.copy()
        for name in ("town", "page"):
            query.pop(name, None)
        query["county"], query["boundaries"] = today.code, NOW
        sentence = f"{self.question.whose_boundaries}里没有{county.name_today}。"
        return WayOut(sentence, f"按现行区划看{today}的结果", f"{self.request.path}?{query.urlencode()}")

    def _is_by_town(self) -> bool:
        """Return whether the head line names towns: for a chosen county, and for a user of a county."""
        return bool(self.request.GET.get("county")) or self.request.user.division.level != Division.Level.CITY

    def _counties(self, chosen: dict[str, Any]) -> list[tuple[DivisionMeasure, str]]:
        """Return the counties that a target for counties judges, farthest from it first, each with what it lacks."""
        target = self.question.target
        assert target is not None  # noqa: S101  # the question is answerable
        measures: list[Any] = self.question.counties()
        if chosen["verdict"]:
            measures = [measure for measure in measures if measure.verdict in chosen["verdict"]]
        if county := chosen.get("county"):
            measures = [measure for measure in measures if measure.division_id == county.pk]
        if target.judges_figure:
            measures.sort(key=lambda measure: (-missed_by(target, measure.value), measure.division.code))
        else:
            measures.sort(key=lambda measure: (-(measure.missing or 0), measure.division.code))
        return [(measure, lack_in_words(measure, target)) for measure in measures]
