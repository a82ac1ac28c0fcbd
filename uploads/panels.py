"""Panels of uploads: what waits for the office and what was brought in for the month; and both on a county's report."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.panels import FIRST_STEP, MOST_ROWS, NOTHING_TO_DO, HomePanel, RecordPanel, next_steps
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import needed_registers
from changzhi_portal.rights import Actor
from changzhi_portal.scope import paths_above
from periods.models import ReportingPeriod
from uploads.brought_in import BroughtIn, MonthOfOffices
from uploads.filters import UNSETTLED
from uploads.models import UploadBatch

MOST_NAMED = 3  # uploaders of a register


class FromAbove(NamedTuple):
    """When an office above brought in a register for all offices below it, and that office's name."""

    at: datetime.datetime
    by: str


def _from_above(period: ReportingPeriod, path: str) -> dict[str, FromAbove]:
    """Return by register what the county or the bureau has brought in for the office at `path`.

    Not limited to the user's scope, because it only shows that and when it was done. The bureau's page counts these
    uploads as well.
    """
    above = UploadBatch.objects.filter(period=period, division__path__in=paths_above(path)[:-1])
    by_city = path.split("/", 1)[0] + "/"
    by_register: dict[str, FromAbove] = {}
    for (office, register), at in sorted(above.reported().newest_by_office().items(), key=lambda item: item[1]):
        by_register[register] = FromAbove(at, "市局代报" if office == by_city else "县（市、区）代报")
    return by_register


class UnsettledUploads(HomePanel):
    """Panel for everybody who uploads: the uploads that are not settled, of all registers and months."""

    position = 8
    template_name = "uploads/unsettled_panel.html"
    requires = "may_upload"

    def context(self, request: PortalRequest) -> dict[str, Any]:
        """Return the newest MOST_ROWS unsettled uploads and their number.

        Clerks see those of their own office and the offices below it. The bureau sees its own, and how many the
        counties have.
        """
        user = request.user
        unsettled = UploadBatch.objects.visible_to(user).unsettled()
        is_bureau = user.division.level == "city"
        listed = unsettled.filter(division=user.division) if is_bureau else unsettled
        found = list(listed.newest_first()[: MOST_ROWS + 1])
        shown = found[:MOST_ROWS]
        first = next((batch for batch in shown if batch.waits_for_decision), None)
        return {
            "batches": shown,
            "total": len(found) if len(found) <= MOST_ROWS else listed.count(),
            "elsewhere": unsettled.exclude(division=user.division).count() if is_bureau else 0,
            "shows_offices": any(batch.division != user.division for batch in shown),
            "first": first,
            "filter": UNSETTLED,
            "urgency": FIRST_STEP if first else NOTHING_TO_DO,
        }


class OfficeMonth(HomePanel):
    """Panel for clerks: the open month, register by register, and the button to upload."""

    position = 10
    template_name = "uploads/office_month_panel.html"
    requires = "may_upload"

    def concerns(self, user: Actor) -> bool:
        """Return whether the user belongs to a county or town; the city's bureau has `BureauMonth`."""
        return super().concerns(user) and user.division.level != "city"

    def context(self, request: PortalRequest) -> dict[str, Any]:
        """Return for each register the newest upload that counts as brought in."""
        period = ReportingPeriod.objects.in_hand(timezone.localdate())
        if period is None:
            return {"period": None}
        lines = registers_of_office(request.user, period)
        done = sum(line["is_done"] for line in lines)
        return {
            "period": period,
            "lines": lines,
            "done": done,
            "urgency": FIRST_STEP if done < len(lines) else NOTHING_TO_DO,
        }


def registers_of_office(user: Actor, period: ReportingPeriod) -> list[dict[str, Any]]:
    """Return a line for each needed register with the office's newest upload of the month that counts as brought in.

    A register of a county is done once the county as a whole, an office above or all of its towns have brought it in.
    """
    reported = UploadBatch.objects.visible_to(user).filter(period=period).reported()
    newest = reported.newest_of_each_register()
    from_above = _from_above(period, user.division.path)
    month = MonthOfOffices.of(reported, period, user) if user.division.level == "county" else None
    return [
        _line(
            sheet,
            newest.get(sheet.name),
            from_above.get(sheet.name),
            None if month is None else month.of_county(user.division.path, sheet.name),
        )
        for sheet in needed_registers()
    ]


def steps_after(request: PortalRequest, batch: UploadBatch) -> dict[str, Any]:
    """Return what a clerk does after the uploads of a batch's month: how many registers are in, and links to go on with.

    {} for the bureau, which uploads on behalf of others, and for a batch without a month or of one that is over.
    """
    period, user = batch.period, request.user
    if period is None or period.is_locked or user.division.level == "city":
        return {}
    lines = registers_of_office(user, period)
    done = sum(line["is_done"] for line in lines)
    return {
        "done": done,
        "number": len(lines),
        "is_complete": done == len(lines),
        "links": next_steps(request, period),
    }


def _line(
    sheet: type[RegisterSheet],
    reported: UploadBatch | None,
    from_above: FromAbove | None,
    brought_in: BroughtIn | None,
) -> dict[str, Any]:
    """Return the line of one register; `brought_in` is that of a county, None for a town, whose uploads are its own.

    `partly` is set for a county if only some of its towns have brought it in, and no office above.
    """
    is_partly = brought_in is not None and brought_in.is_partly
    above = from_above if reported is None or is_partly else None
    return {
        "register": sheet,
        "reported": None if above else reported,
        "from_above": above,
        "partly": brought_in if is_partly and not above else None,
        "is_done": above is not None or (reported is not None and not is_partly),
        "upload_url": f"{reverse('uploads:new')}?register={sheet.name}",
    }


class BureauMonth(HomePanel):
    """Panel for the bureau: which counties have brought in what for the open month."""

    position = 10
    template_name = "uploads/bureau_month_panel.html"
    requires = "may_upload"

    def concerns(self, user: Actor) -> bool:
        """Return whether the user belongs to the city's bureau."""
        return super().concerns(user) and user.division.level == "city"

    def context(self, request: PortalRequest) -> dict[str, Any]:
        """Return a line per county with what it has brought in of each register; those with the most gaps first."""
        user, period = request.user, ReportingPeriod.objects.in_hand(timezone.localdate())
        if period is None:
            return {"period": None}
        reported = UploadBatch.objects.visible_to(user).filter(period=period).reported()
        month = MonthOfOffices.of(reported, period, user)
        sheets = needed_registers()
        lines = []
        for county in user.visible_counties():
            cells = [_cell(sheet, county.path, user.division.path, month) for sheet in sheets]
            lines.append({"county": county, "cells": cells, "done": sum(cell["is_done"] for cell in cells)})
        lacking = sorted((line for line in lines if line["done"] < len(sheets)), key=lambda line: line["done"])
        return {
            "period": period,
            "month_asked": urlencode({"period": period.pk}),
            "registers": sheets,
            "lacking": lacking,
            "complete": [line for line in lines if line["done"] == len(sheets)],
        }


def _cell(sheet: type[RegisterSheet], path: str, own_path: str, month: MonthOfOffices) -> dict[str, Any]:
    """Return whether a county, or the bureau for the whole city, has brought in a register, else how many towns have."""
    own, by_bureau = month.of_county(path, sheet.name), month.newest.get((own_path, sheet.name))
    is_by_bureau = by_bureau is not None and not own.is_done
    return {
        "register": sheet,
        "is_by_bureau": is_by_bureau,
        "is_done": own.is_done or is_by_bureau,
        "partly": own if own.is_partly and not is_by_bureau else None,
    }


class RegisterUploads(NamedTuple):
    """What the offices of a county have brought in of one register in a month.

    `batches` are all uploads that count, the newest first; `bad_rows_left` leaves out those that a later upload of the
    same office has replaced. `from_above` is set if an office above has brought it in, and the county has not as a whole.
    `waits` tells whether an upload of it is still open.
    """

    register: type[RegisterSheet]
    batches: Sequence[UploadBatch]
    from_above: FromAbove | None
    brought_in: BroughtIn
    waits: bool

    @property
    def is_done(self) -> bool:
        """Return whether it counts as brought in for the whole county."""
        return self.brought_in.is_done or self.from_above is not None

    @property
    def is_partly(self) -> bool:
        """Return whether only some of the county's towns have brought it in."""
        return self.brought_in.is_partly and not self.is_done

    @property
    def newest_at(self) -> datetime.datetime:
        """Return when rows of the register were brought in last. Raises ValueError without an upload."""
        return max(batch.brought_in_at for batch in self.batches)

    @property
    def uploaders(self) -> str:
        """Return the names of the uploaders, the newest first, at most MOST_NAMED."""
        names = list(dict.fromkeys(str(batch.uploaded_by) for batch in self.batches))
        more = f"等{len(names)}人" if len(names) > MOST_NAMED else ""
        return "、".join(names[:MOST_NAMED]) + more

    @property
    def new(self) -> int:
        """Return how many records the commits of the month have added."""
        return sum(batch.written["new"] for batch in self.batches)

    @property
    def changed(self) -> int:
        """Return how many records the commits of the month have changed, a record once for each commit."""
        return sum(batch.written["changed"] for batch in self.batches)

    @property
    def bad_rows_left(self) -> int:
        """Return how many bad rows of the month are not in the register."""
        return sum(batch.bad_rows_left for batch in self.batches if not batch.is_replaced)

    @property
    def shown(self) -> Sequence[UploadBatch]:
        """Return the newest MOST_ROWS uploads."""
        return self.batches[:MOST_ROWS]

    @property
    def number_not_shown(self) -> int:
        """Return how many older uploads there are."""
        return len(self.batches) - len(self.shown)


class SubmissionUploads(RecordPanel):
    """Panel of a county's report: what was brought in of each register for that month, and what was left out."""

    model_label = "submissions.Submission"
    position = 20
    is_above = True
    template_name = "uploads/submission_panel.html"

    def context(self, request: PortalRequest, record: Any) -> dict[str, Any]:
        """Return the uploads of the county's offices by register, and those that do not count, for who decides."""
        user, period = request.user, record.period
        batches = UploadBatch.objects.visible_to(user).within(record.county).newest_first()
        reported = batches.filter(period=period).reported()
        unsettled = [] if period.is_locked else list(batches.for_month(period).unsettled())
        waiting = {batch.register for batch in unsettled if not batch.bad_rows_left}
        month = MonthOfOffices.of(reported, period, user)
        from_above = _from_above(period, record.county.path)
        by_register = _by_register(reported.with_replaced().without_details())
        uploads = []
        for sheet in needed_registers():
            brought_in = month.of_county(record.county.path, sheet.name)
            above = None if brought_in.is_done else from_above.get(sheet.name)
            own = by_register[sheet.name]
            uploads.append(RegisterUploads(sheet, own, above, brought_in, sheet.name in waiting))
        return {
            "uploads": uploads,
            "done": sum(each.is_done for each in uploads),
            "remark": _remark(uploads),
            "caution_template": "uploads/unsettled_of_month.html" if unsettled else "",
            "unsettled": unsettled[:MOST_ROWS],
            "number_with_bad_rows": sum(bool(batch.bad_rows_left) for batch in unsettled),
            "number_open": sum(not batch.bad_rows_left for batch in unsettled),
        }


def _remark(uploads: Iterable[RegisterUploads]) -> str:
    """Return which registers a county has not brought in for the month, and how far each has got; "" if there is none."""
    lacking = [each for each in uploads if not each.is_done]
    partly = [
        f"{each.register.title}（{each.brought_in.towns_done} / {each.brought_in.towns}个）"
        for each in lacking
        if each.is_partly
    ]
    waiting = [each.register.title for each in lacking if each.waits and not each.is_partly]
    missing = [each.register.title for each in lacking if not each.waits and not each.is_partly]
    told = [
        f"{words}：{'、'.join(names)}。"
        for words, names in (("只有部分街道（乡镇）报了", partly), ("传了还没有入库", waiting))
        if names
    ]
    if missing:
        told.append(f"本月还没有上传：{'、'.join(missing)}；确实没有变动的，不用再传。")
    return "".join(told)


def _by_register(batches: Iterable[UploadBatch]) -> defaultdict[str, list[UploadBatch]]:
    by_register: defaultdict[str, list[UploadBatch]] = defaultdict(list)
    for batch in batches:
        by_register[batch.register].append(batch)
    return by_register
