"""Pages that find duplicates of a register, merge two records side by side, and take a merge back (docs/domain.md §4.11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from changelog.actions import (
    PLACE,
    MergePair,
    differing_fields,
    distinct_among,
    find_merged,
    find_pair,
    mark_distinct,
    merge_records,
    merged_columns,
    merged_parts,
    merging_of,
    takes_from_merged,
    undo_merge,
    unmark_distinct,
    values_of_kept,
)
from changelog.forms import KEPT, MERGED, MergeForm
from changelog.models import DistinctPair
from changzhi_portal.kept_input import refuse_form
from changzhi_portal.pages import ActionPage, Crumb, FormPage, PortalPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.paging import ForgivingPaginator
from changzhi_portal.refusals import InvalidError, NotFoundError, PortalError, StaleError
from changzhi_portal.registers.form_fields import in_words
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import register_named

PAIRS_A_PAGE = 25


@dataclass(frozen=True, slots=True)
class Candidates:
    """Two records that may be one, where each belongs, and why they may be one."""

    first: Any
    second: Any
    first_place: str
    second_place: str
    reason: str
    url: str
    distinct_url: str
    distinct: DistinctPair | None  # who has said that they are two


@dataclass(frozen=True, slots=True)
class ComparedColumn:
    """One line of two records side by side: texts, masked where personal; `choice` is the bound field of a difference."""

    header: str
    kept: str
    merged: str
    choice: Any = None


def _mergeable_register(name: str) -> RegisterSheet:
    """Return the register with this name; raises Http404 unless its records can be merged."""
    try:
        register = register_named(name)()
    except NotFoundError as error:
        raise Http404(error.cure) from error
    if not register.may_be_merged:
        raise Http404(f"{register.title}不能合并。")
    return register


class DuplicateList(PortalPage):
    """The pairs of a register's records in the own area that may be one, page by page.

    Pairs that somebody has said to be two are left out; `?distinct=1` asks for these.
    """

    help_at = "合并重复的记录"
    requires = "may_upload"
    template_name = "changelog/duplicates.html"
    register: RegisterSheet

    def get(self, request: PortalRequest, register: str) -> HttpResponse:
        """Show one page of pairs; their records are loaded with one query."""
        self.register = _mergeable_register(register)
        scope_path, today = request.user.division.path, timezone.localdate()
        likely = self.register.likely_duplicates(scope_path, today)
        known = distinct_among(self.register, likely)
        shows_distinct = "distinct" in request.GET
        likely = [pair for pair in likely if (pair[:2] in known) is shows_distinct]
        page = ForgivingPaginator(likely, PAIRS_A_PAGE).get_page(request.GET.get("page", 1))
        keys = {key for pair in page for key in (pair.first, pair.second)}
        records = {each.pk: each for each in self.register.standing(scope_path, today).filter(pk__in=keys)}
        pairs = [
            self._candidates(records[pair.first], records[pair.second], pair.reason, known.get(pair[:2]))
            for pair in page
            if pair.first in records and pair.second in records
        ]
        around = {"shows_distinct": shows_distinct, "distinct_number": len(known)}
        return self.render_to_response(self.get_context_data(page=page, pairs=pairs, register=self.register, **around))

    def _candidates(self, first: Any, second: Any, reason: str, distinct: DistinctPair | None) -> Candidates:
        where, address = self.register.whereabouts, [self.register.name, first.ref, second.ref]
        return Candidates(
            first,
            second,
            where(first),
            where(second),
            reason,
            url=reverse("changelog:merge", args=address),
            distinct_url=reverse("changelog:distinct", args=address),
            distinct=distinct,
        )

    def get_title(self) -> str:
        """Return the page's heading with the register's name."""
        return f"查找重复的{self.register.title}" if hasattr(self, "register") else "查找重复"

    def get_crumbs(self) -> list[Crumb]:
        """Add the register's list."""
        return [Crumb(self.register.title, reverse(self.register.list_page))] if hasattr(self, "register") else []


class DistinctAction(ActionPage):
    """The button 不是重复, and with `again` the one that lets the pair be listed again."""

    requires = "may_upload"
    register: RegisterSheet

    def load(self) -> None:
        """Load the register; raises Http404 unless its records are merged."""
        self.register = _mergeable_register(self.kwargs["register"])

    def act(self) -> str:
        """Keep that the two records are two, or forget it; raises Http404 unless both stand in the user's area."""
        refs = (self.kwargs["ref"], self.kwargs["other"])
        try:
            if "again" in self.request.POST:
                unmark_distinct(register=self.register, refs=refs, by=self.request.user)
                return "已重新列为可能重复。"
            mark_distinct(register=self.register, refs=refs, by=self.request.user)
        except NotFoundError as error:
            raise Http404(str(error)) from error
        return "已标为不是重复，以后不再列出。"

    def get_success_url(self) -> str:
        """Return the URL of the list from which the button was pressed."""
        duplicates = reverse("changelog:duplicates", args=[self.register.name])
        return f"{duplicates}?distinct=1" if "again" in self.request.POST else duplicates


class MergePage(FormPage):
    """Two records side by side: what of each is kept, a preview, a reason, and the merge."""

    help_at = "合并重复的记录"
    requires = "may_upload"
    template_name = "changelog/merge.html"
    form_class = MergeForm
    not_previewed = ("reason",)
    submit_label = "确认合并"
    busy_label = "正在合并…"
    register: RegisterSheet
    pair: MergePair

    def load(self) -> None:
        """Load both records; raises Http404 unless both stand and lie in the user's area."""
        self.register = _mergeable_register(self.kwargs["register"])
        try:
            self.pair = find_pair(
                register=self.register, kept=self.kwargs["ref"], merged=self.kwargs["other"], by=self.request.user
            )
        except PortalError as error:
            raise Http404(str(error)) from error
        self.request.shown_records = [self.pair.kept, self.pair.merged]
        self.differing = differing_fields(self.register, self.pair)

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the differing fields with what is proposed for each, and the versions of both records."""
        proposed = {
            field: MERGED if takes_from_merged(self.register, self.pair, field) else KEPT for field in self.differing
        }
        texts = {line[0]: (line[2], line[3]) for line in self._lines()}
        return {
            **super().get_form_kwargs(),
            "proposed": proposed,
            "texts": texts,
            "headers": {line[0]: line[1] for line in self._lines()},
            "versions": self.pair.versions,
        }

    def _lines(self) -> list[tuple[str, str, str, str]]:
        """Return field, header and both texts of the place and of every column."""
        where = self.register.whereabouts
        lines = [(PLACE, "所在地方", where(self.pair.kept), where(self.pair.merged))]
        kept, merged = self.register.values_of(self.pair.kept), self.register.values_of(self.pair.merged)
        for column in merged_columns(self.register):
            texts = [in_words(column, values[column.field]) for values in (kept, merged)]
            if texts[0] == texts[1] and kept[column.field] != merged[column.field]:
                texts[1] = f"{texts[1]}（与保留的不同）"  # two masks that look the same
            lines.append((column.field, column.header, texts[0], texts[1]))
        return lines

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the lines of the comparison, and the address that swaps the two records."""
        form = kwargs["form"]
        lines = [
            ComparedColumn(header, kept, merged, form[field] if field in self.differing else None)
            for field, header, kept, merged in self._lines()
        ]
        swapped = reverse("changelog:merge", args=[self.register.name, self.pair.merged.ref, self.pair.kept.ref])
        around = {"pair": self.pair, "lines": lines, "swap_url": swapped, "register": self.register}
        return super().get_context_data(**around | kwargs)

    def preview(self, form: Any) -> dict[str, Any]:
        """Return what the merge would do, in sentences."""
        kept, merged = self.pair.kept, self.pair.merged
        taken = self._taken(form)
        values_of_kept(self.register, self.pair, taken)
        changes = [(header, old, new) for field, header, old, new in self._lines() if field in taken]
        places = [self.register.whereabouts(record) for record in (kept, merged)]
        return {
            "places": places,
            "will_change": changes,
            "earlier": self._merged_earlier(),
            "parts_told": merged_parts(self.register, self.pair, taken).told,
            "will_keep": kept,
            "will_close": merged,
        }

    def _merged_earlier(self) -> int:
        number: int = self.register.model.with_merged.filter(merged_into=self.pair.merged).count()
        return number

    def _taken(self, form: Any) -> list[str]:
        return [field for field in self.differing if form.cleaned_data.get(field) == MERGED]

    def act(self, form: Any) -> str:
        """Merge."""
        data = form.cleaned_data
        merge_records(
            register=self.register,
            kept=self.pair.kept.ref,
            merged=self.pair.merged.ref,
            versions=(data["kept_version"], data["merged_version"]),
            from_merged=self._taken(form),
            reason=data["reason"],
            by=self.request.user,
        )
        return f"已把“{self.pair.merged}”并入“{self.pair.kept}”。如果合并错了，可以在“{self.pair.merged}”的页面撤销。"

    def form_valid(self, form: Any) -> HttpResponse:
        """Preview or merge; show the form with the sentence where what was chosen does not fit together."""
        try:
            return super().form_valid(form)
        except InvalidError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            return self.render_form(form, status=refusal.status)

    def refuse(self, form: Any, refusal: PortalError) -> HttpResponse:
        """Show the form with the refusal; open the page anew where a record was changed since, to be compared again."""
        if not isinstance(refusal, StaleError):
            return super().refuse(form, refusal)
        refuse_form(self.request, str(refusal))
        return redirect(self.request.path)

    def get_title(self) -> str:
        """Return the page's heading."""
        return f"合并{self.register.title}" if hasattr(self, "register") else "合并"

    def get_crumbs(self) -> list[Crumb]:
        """Add the register's list and that of duplicates."""
        if not hasattr(self, "register"):
            return []
        duplicates = reverse("changelog:duplicates", args=[self.register.name])
        return [Crumb(self.register.title, reverse(self.register.list_page)), Crumb("查找重复", duplicates)]

    def get_success_url(self) -> str:
        """Return the URL of the record that stays."""
        return str(self.pair.kept.get_absolute_url())

    def get_cancel_url(self) -> str:
        """Return the URL of the list of duplicates."""
        return reverse("changelog:duplicates", args=[self.register.name])


class UndoMergePage(FormPage):
    """Taking a merge back: the page of the duplicate leads here."""

    help_at = "合并重复的记录"
    requires = "may_upload"
    template_name = "changelog/unmerge.html"
    submit_label = "撤销合并"
    busy_label = "正在撤销…"
    register: RegisterSheet

    def load(self) -> None:
        """Load the record that was merged; raises Http404 for one that was not, or of another area."""
        self.register = _mergeable_register(self.kwargs["register"])
        try:
            self.record = find_merged(register=self.register, ref=self.kwargs["ref"], by=self.request.user)
        except NotFoundError as error:
            raise Http404(str(error)) from error

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the records that the user may see, and the change set of the merge."""
        visible = self.register.model.with_merged.visible_to(self.request.user)
        living = visible.filter(pk=self.record.merged_into_id).first()  # it may have moved to another office since
        merging = None if living is None else merging_of(self.record)
        around = {"record": self.record, "merging": merging, "living": living}
        return super().get_context_data(**around | kwargs)

    def act(self, form: Any) -> str:
        """Take the merge back."""
        undo_merge(register=self.register, ref=self.record.ref, by=self.request.user)
        return f"已撤销合并，“{self.record}”恢复为单独的记录。"

    def get_title(self) -> str:
        """Return the page's heading."""
        return f"撤销合并：{self.record}" if hasattr(self, "record") else "撤销合并"

    def get_crumbs(self) -> list[Crumb]:
        """Add the register's list."""
        return [Crumb(self.register.title, reverse(self.register.list_page))] if hasattr(self, "register") else []

    def get_success_url(self) -> str:
        """Return the URL of the record's page."""
        return str(self.record.get_absolute_url())
