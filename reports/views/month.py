"""全部版次: every edition of a month on one page, begun by one button, with progress; and moved on together."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRefresh

from changelog.flow import Move
from changelog.views.moving import MoveForm
from changzhi_portal.pages import Crumb, FormPage, PortalPage
from changzhi_portal.pages.base import PortalRequest, parse_number
from changzhi_portal.phrases import time_in_words
from periods.models import ReportingPeriod
from periods.pages import find_period
from reports.actions import move_all, newest_editions, prepare_all
from reports.flow import FLOW, MAY_EDIT
from reports.forms import PrintAllForm
from reports.models import Briefing
from reports.views.briefing import list_crumb

_MOST_REFUSALS = 3


class MoveAllForm(MoveForm):
    """As the form of one move, with the editions that the page showed, each with its version: `ref:3 ref:1`."""

    editions = forms.CharField(widget=forms.HiddenInput, error_messages={"required": "请刷新后再试。"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["seen"]  # each edition has its own version

    def clean_editions(self) -> dict[str, int]:
        """Return the versions by ref."""
        pairs = [pair.partition(":") for pair in self.cleaned_data["editions"].split()]
        return {ref: parse_number(version) for ref, _, version in pairs}


class PrintAll(FormPage):
    """生成全部版次: begins the issues of the city and of every county for a month, a quarter or a year."""

    help_at = "生成全部版次"
    requires = MAY_EDIT
    title = "生成全部版次"
    form_class = PrintAllForm
    submit_label = "生成全部版次"
    busy_label = "正在提交…"

    def act(self, form: PrintAllForm) -> str:
        """Queue the drafts."""
        self.period, self.span = form.cleaned_data["period"], form.cleaned_data["span"]
        prepare_all(period=self.period, span=self.span, by=self.request.user)
        return ""

    def get_success_url(self) -> str:
        """Return the address of the month's editions, which shows the progress."""
        return month_url(self.period, self.span)

    def get_cancel_url(self) -> str:
        """Return the address of the list."""
        return reverse("reports:briefings")

    def get_crumbs(self) -> list[Crumb]:
        """Add the list."""
        return [list_crumb()]


class MonthPage(PortalPage):
    """Base of the pages of all editions of one month and span."""

    requires = MAY_EDIT
    period: ReportingPeriod
    span: str

    def load(self) -> None:
        """Load the month and the span from the address; raises Http404."""
        self.period, self.span = find_period(self.kwargs["period"]), self.kwargs["span"]
        if self.span not in Briefing.Span.values:
            raise Http404

    def editions_context(self) -> dict[str, Any]:
        """Return the newest edition of each division, and how many of them are ready."""
        editions = newest_editions(self.period, self.span, self.request.user)
        at_work = sum(edition.is_in_progress for edition in editions)
        return {
            "period": self.period,
            "span": self.span,
            "editions": editions,
            "is_in_progress": bool(at_work),
            "ready": len(editions) - at_work,
            "moves": _moves(editions, self.request.user),
        }


class MonthOfIssues(MonthPage):
    """The editions of a month: how far each has got, the progress of those being printed, and moves for all of them."""

    help_at = "生成全部版次"
    template_name = "reports/briefing_month.html"

    def get(self, request: PortalRequest, period: str, span: str) -> HttpResponse:
        """Show the editions."""
        self.load()
        return self.render_to_response(self.get_context_data(**self.editions_context()))

    def get_title(self) -> str:
        """Return 2018年6月简报全部版次."""
        return f"{time_in_words(self.period.code, self.span)}简报全部版次" if hasattr(self, "span") else "全部版次"

    def get_crumbs(self) -> list[Crumb]:
        """Add the list."""
        return [list_crumb()]


class MonthProgress(MonthPage):
    """The progress alone, polled every second; when the work is done, the page reloads."""

    template_name = "reports/briefing_month_progress.html"
    is_polled = True

    def get(self, request: PortalRequest, period: str, span: str) -> HttpResponse:
        """Show the progress."""
        self.load()
        context = self.editions_context()
        if not request.htmx:
            return redirect(month_url(self.period, self.span))
        return self.render_to_response(context) if context["is_in_progress"] else HttpResponseClientRefresh()


class MoveAll(FormPage, MonthPage):
    """One move for every edition of a month that is in one of its states."""

    help_at = "审核签发印发"
    template_name = "reports/briefing_month_move.html"
    busy_label = "正在提交…"

    def load(self) -> None:
        """Load the month and the move; raises Http404, also for a move that the user may not make."""
        super().load()
        moves = {move.code: move for move in _together() if FLOW.allows(move, self.request.user)}
        if self.kwargs["move"] not in moves:
            raise Http404
        self.move = moves[self.kwargs["move"]]

    def get_form(self, form_class: Any = None) -> forms.Form:
        """Return the form of the move."""
        return MoveAllForm(**self.get_form_kwargs(), move=self.move)

    def get_initial(self) -> dict[str, Any]:
        """Return the editions that the page shows, each with its version."""
        return {"editions": " ".join(f"{each.ref}:{each.version}" for each in self._concerned())}

    def _concerned(self) -> list[Briefing]:
        editions = newest_editions(self.period, self.span, self.request.user)
        return [edition for edition in editions if edition.stage in self.move.sources]

    def act(self, form: Any) -> str:
        """Make the move with all of them; what is refused is said edition by edition."""
        note = form.cleaned_data.get("note", "")
        done = move_all(
            period=self.period,
            span=self.span,
            code=self.move.code,
            by=self.request.user,
            seen=form.cleaned_data["editions"],
            note=note,
        )
        for briefing, refusal in done.refusals[:_MOST_REFUSALS]:
            messages.warning(self.request, f"{briefing.division.name}没有{self.move.label}：{refusal}")
        rest = len(done.refusals) - _MOST_REFUSALS
        if rest > 0:
            messages.warning(self.request, f"另有{rest}版没有{self.move.label}，请逐版查看。")
        return f"{self.move.label}{done.number}版。" if done.number else ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the move, and how many editions it concerns."""
        return super().get_context_data(move=self.move, concerned=self._concerned(), **kwargs)

    def get_title(self) -> str:
        """Return 全部审核通过."""
        return f"全部{self.move.label}" if hasattr(self, "move") else "全部版次"

    def get_success_url(self) -> str:
        """Return the address of the month's editions."""
        return month_url(self.period, self.span)

    def get_crumbs(self) -> list[Crumb]:
        """Add the list, and the month's editions."""
        return [list_crumb(), *([Crumb("全部版次", self.get_success_url())] if hasattr(self, "span") else [])]


def month_url(period: ReportingPeriod, span: str) -> str:
    """Return the address of the page of all editions of a month and span."""
    return reverse("reports:briefing_month", args=[period.code, span])


def _moves(editions: list[Briefing], user: Any) -> list[tuple[Any, int]]:
    """Return the moves that the user may make with some of the editions, each with how many."""
    counts = Counter(move.code for edition in editions for move in FLOW.offered(edition, user))
    return [(move, counts[move.code]) for move in _together() if counts[move.code]]


def _together() -> list[Move]:
    """Return the moves that are made for all editions at once; what has been issued is withdrawn one by one."""
    return [move for move in FLOW.moves if move.code != "withdraw"]
