"""Panels of uploads on the home page and on a county's report: the registers that were brought in for the month."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils import timezone

from accounts.models import paths_above
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.panels import FIRST_STEP, NOTHING_TO_DO, HomePanel, RecordPanel
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import registers
from changzhi_portal.rights import Actor
from periods.models import ReportingPeriod
from uploads.models import UploadBatch


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


class OfficeMonth(HomePanel):
    """Panel for clerks: the open month, register by register, and the button to upload."""

    position = 10
    template_name = "uploads/office_month_panel.html"
    requires = "may_upload"

    def concerns(self, user: Actor) -> bool:
        """Return whether the user belongs to a county or town; the city's bureau has `BureauMonth`."""
        return super().concerns(user) and user.division.level != "city"

    def context(self, request: PortalRequest) -> dict[str, Any]:
        """Return for each register the newest upload whose rows are in it, and a newer unfinished one."""
        period = ReportingPeriod.objects.in_hand(timezone.localdate())
        if period is None:
            return {"period": None}
        batches = UploadBatch.objects.visible_to(request.user).filter(period=period)
        reported = batches.reported().newest_of_each_register()
        unfinished = batches.unfinished().newest_of_each_register()
        from_above = _from_above(period, request.user.division.path)
        lines = [
            _line(sheet, reported.get(sheet.name), unfinished.get(sheet.name), from_above.get(sheet.name))
            for sheet in registers()
        ]
        done = sum(bool(line["reported"] or line["from_above"]) for line in lines)
        is_left = done < len(lines) or any(line["unfinished"] for line in lines)
        return {
            "period": period,
            "lines": lines,
            "done": done,
            "urgency": FIRST_STEP if is_left else NOTHING_TO_DO,
        }


def _line(
    sheet: type[RegisterSheet],
    reported: UploadBatch | None,
    unfinished: UploadBatch | None,
    from_above: FromAbove | None,
) -> dict[str, Any]:
    """Return the line of one register; an unfinished upload is left out if a later one has replaced it."""
    if reported is not None and unfinished is not None and unfinished.pk < reported.pk:
        unfinished = None
    url = f"{reverse('uploads:new')}?register={sheet.name}"
    return {
        "register": sheet,
        "reported": reported,
        "from_above": None if reported else from_above,
        "unfinished": unfinished,
        "upload_url": url,
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
        """Return a line per county with the date of each register's last upload; towns count for their county."""
        period = ReportingPeriod.objects.in_hand(timezone.localdate())
        if period is None:
            return {"period": None}
        newest = UploadBatch.objects.visible_to(request.user).filter(period=period).reported().newest_by_office()
        sheets = registers()
        lines = []
        own_path = request.user.division.path
        for county in request.user.visible_counties():
            cells = [_cell(sheet, county.path, own_path, newest) for sheet in sheets]
            lines.append({"county": county, "cells": cells, "done": sum(cell["at"] is not None for cell in cells)})
        complete = sum(line["done"] == len(sheets) for line in lines)
        return {"period": period, "registers": sheets, "lines": lines, "complete": complete}


def _cell(
    sheet: type[RegisterSheet], path: str, own_path: str, newest: Mapping[tuple[str, str], datetime.datetime]
) -> dict[str, Any]:
    """Return when a county's offices last brought in a register, else when the bureau did for the whole city."""
    moments = [at for (office, name), at in newest.items() if office.startswith(path) and name == sheet.name]
    by_bureau = newest.get((own_path, sheet.name))
    return {"register": sheet, "at": max(moments, default=by_bureau), "is_by_bureau": not moments and bool(by_bureau)}


class SubmissionUploads(RecordPanel):
    """Panel of a county's report: which registers were brought in for that month, and when."""

    model_label = "submissions.Submission"
    position = 20
    is_above = True
    template_name = "uploads/submission_panel.html"

    def context(self, request: PortalRequest, record: Any) -> dict[str, Any]:
        """Return for each register the newest upload of the county's offices whose rows are in it."""
        batches = UploadBatch.objects.visible_to(request.user).within(record.county).filter(period=record.period)
        reported = batches.reported().newest_of_each_register()
        prefetch_related_objects(list(reported.values()), "uploaded_by")
        from_above = _from_above(record.period, record.county.path)
        uploads = [
            {
                "register": sheet,
                "batch": (batch := reported.get(sheet.name)),
                "from_above": None if batch else from_above.get(sheet.name),
            }
            for sheet in registers()
        ]
        missing = [sheet.title for sheet in registers() if sheet.name not in reported and sheet.name not in from_above]
        return {
            "uploads": uploads,
            "done": len(uploads) - len(missing),
            "remark": f"本月还没有上传：{'、'.join(missing)}；确实没有变动的，不用再传。" if missing else "",
        }
