"""Forms of surveys: the survey itself, one community's counts, and the filters of the lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, cast

from django import forms

from changelog.actions import Edit, WantedEdit
from changzhi_portal.pages import VersionForm
from changzhi_portal.pages.day_field import DayField
from changzhi_portal.pages.filters import FilterForm
from changzhi_portal.registers.columns import Column
from changzhi_portal.registers.form_fields import form_field, form_value
from changzhi_portal.registers.problems import Level
from communities.models import Community, Division
from communities.sheets.place_columns import place_values_of
from participation.actions import SurveyFields
from participation.models import Survey, SurveyCount
from participation.sheets import SurveyCountSheet


class SurveyFilterForm(FilterForm):
    """Form that always shows place, kind and state."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "kind", "state")
    search_hint: ClassVar[str] = "调查名称"


class SurveyCountFilterForm(FilterForm):
    """Form that always shows survey, place and whether there are enough answers."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "survey", "county", "town", "answers")
    search_hint: ClassVar[str] = "社区、题目、调查"


class ActivityFilterForm(FilterForm):
    """Form that always shows place, kind and days."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "town", "kind", "held_from", "held_to")
    search_hint: ClassVar[str] = "活动名称或社区"


class SurveyForm(VersionForm):
    """A survey of one of `divisions`; `version` is the one that the page showed."""

    name = forms.CharField(
        label="调查名称",
        max_length=100,
        help_text="写明年度，例如：2018年居民满意度调查。",
        error_messages={"required": "请填写调查名称。", "max_length": "调查名称最多100个字。"},
    )
    kind = forms.ChoiceField(
        label="类别",
        choices=Survey.Kind.choices,
        help_text="满意度调查用统一的八个题目；需求调查的题目自己定。",
        error_messages={"required": "请选择类别。", "invalid_choice": "请在列出的类别里选择。"},
    )
    division = forms.ChoiceField(
        label="组织单位", error_messages={"required": "请选择组织单位。", "invalid_choice": "请在列出的单位里选择。"}
    )
    starts_on = DayField("开始日期")
    ends_on = DayField("截止日期")
    method = forms.ChoiceField(
        label="方式",
        choices=[("", "（没有填）"), *Survey.Method.choices],
        required=False,
        error_messages={"invalid_choice": "请在列出的方式里选择。"},
    )
    by_third_party = forms.BooleanField(
        label="第三方调查", required=False, help_text="委托外单位入户、访问的，请打勾。"
    )
    questions = forms.CharField(
        label="需求题目",
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="只有需求调查填，每行一个，例如：老年食堂。满意度调查留空。",
        error_messages={"max_length": "题目合计最多2000个字。"},
    )

    def __init__(self, *args: Any, divisions: Sequence[Division], survey: Survey | None, **kwargs: Any) -> None:
        if survey is not None:
            names = ("name", "kind", "starts_on", "ends_on", "method", "by_third_party", "questions", "version")
            kwargs["initial"] = {name: getattr(survey, name) for name in names} | {"division": survey.division.code}
        super().__init__(*args, **kwargs)
        self._divisions = {division.code: division for division in divisions}
        field = cast(forms.ChoiceField, self.fields["division"])
        field.choices = [(division.code, division.name) for division in divisions]

    def values(self) -> SurveyFields:
        """Return what was filled in."""
        data = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        return SurveyFields(**data | {"division": self._divisions[data["division"]]})


class CountsForm(forms.Form):
    """The counts of one community in one survey: a line for each question, a field for each number.

    `counts` are those that are registered, by question. A blank line of a question without a count stays without one.
    """

    def __init__(
        self, *args: Any, survey: Survey, community: Community, counts: Mapping[str, SurveyCount], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._survey, self._community, self._counts = survey, community, counts
        answers = ("chosen",) if survey.is_of_needs else SurveyCount.ANSWERS
        self.columns: tuple[Column, ...] = SurveyCountSheet.form_columns(("sent", *answers))
        for number, question in enumerate(survey.asked):
            count = counts.get(question)
            for column in self.columns:
                field = form_field(column)
                field.label = f"{question}：{column.header}"
                field.widget.attrs["class"] = "form-control"
                if count is not None:
                    field.initial = form_value(column, getattr(count, column.attribute))
                self.fields[_name(number, column)] = field
            if count is not None:
                self.fields[f"{number}-version"] = forms.IntegerField(
                    widget=forms.HiddenInput, initial=count.version, required=False
                )

    @property
    def lines(self) -> Iterator[tuple[str, list[tuple[str, forms.BoundField]]]]:
        """Yield each question with its fields, each below the header of its column."""
        for number, question in enumerate(self._survey.asked):
            yield question, [(column.header, self[_name(number, column)]) for column in self.columns]

    @property
    def versions(self) -> list[forms.BoundField]:
        """Return the hidden fields with the versions that the page shows."""
        return [self[name] for name in self.fields if name.endswith("-version")]

    def wanted(self) -> list[tuple[int, WantedEdit]]:
        """Return the edits that the form asks for, each with the number of its question."""
        found: list[tuple[int, WantedEdit]] = []
        for number, question in enumerate(self._survey.asked):
            given = {column.field: self.cleaned_data[_name(number, column)] for column in self.columns}
            count = self._counts.get(question)
            if count is not None:
                if set(self.changed_data) & {_name(number, column) for column in self.columns}:
                    version = self.cleaned_data[f"{number}-version"] or 0
                    found.append((number, WantedEdit(SurveyCountSheet, given, ref=count.ref, version=version)))
            elif any(given.values()):
                whose = {"survey": self._survey.name, **place_values_of(self._community), "question": question}
                new = {name: value for name, value in given.items() if value}
                found.append((number, WantedEdit(SurveyCountSheet, whose | new)))
        return found

    def add_problems(self, wanted: Sequence[tuple[int, WantedEdit]], edits: Sequence[Edit]) -> None:
        """Add the errors of edits to their fields; those of no field to the form, with the question."""
        for (number, _), edit in zip(wanted, edits, strict=True):
            for field, problems in edit.problems.items():
                for problem in problems:
                    name = f"{number}-{field}"
                    if problem.level != Level.ERROR:
                        continue
                    if name in self.fields:
                        self.add_error(name, f"{problem.message}。")
                    else:
                        self.add_error(None, f"{self._survey.asked[number]}：{problem.message}。")

    def warnings(self, wanted: Sequence[tuple[int, WantedEdit]], edits: Sequence[Edit]) -> list[str]:
        """Return the warnings of edits in words, with the question and the column of each."""
        return [
            f"{self._survey.asked[number]}，{problem.column}：{problem.message}。"
            for (number, _), edit in zip(wanted, edits, strict=True)
            for problems in edit.problems.values()
            for problem in problems
            if problem.level == Level.WARNING
        ]


def _name(number: int, column: Column) -> str:
    return f"{number}-{column.field}"
