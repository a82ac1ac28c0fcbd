"""The whole way of every column of 调查结果, of both kinds of surveys: template, upload, preview, page, export, undo."""

from __future__ import annotations

import io
import re

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from changzhi_portal.registers.registry import register_named
from participation.models import Survey, SurveyCount
from tests.factories import make_survey
from tests.pages import markup_of
from uploads import actions
from uploads.writing.template import write_export, write_template

pytestmark = pytest.mark.django_db
FIRST_ROW = 4
FILLED = {
    Survey.Kind.SATISFACTION: {
        "sent": 1_060, "very_satisfied": 521, "satisfied": 215, "fairly_satisfied": 110, "dissatisfied": 34,
        "very_dissatisfied": 21, "do_not_know": 43,
    },
    Survey.Kind.NEEDS: {"sent": 1_060, "chosen": 312},
}  # fmt: skip


@pytest.mark.parametrize("kind", FILLED)
def test_a_template_is_filled_in_uploaded_shown_exported_and_undone(kind, place, period, clerk, signed_in):
    sheet = register_named("surveys")()
    survey = make_survey(place.county, "2018年的调查", kind=kind)
    browser = signed_in(clerk)
    template = browser.get(reverse("uploads:template", args=["surveys"]), {"filled": "1"})
    book = load_workbook(io.BytesIO(b"".join(template.streaming_content) if template.streaming else template.content))
    page = book.worksheets[0]
    fields = [column.field for column in sheet.columns]
    first = {field: page.cell(FIRST_ROW, number).value for number, field in enumerate(fields, start=1)}
    assert (first["survey"], first["question"], first["sent"]) == ("2018年的调查", survey.asked[0], None)
    assert page.max_row >= FIRST_ROW + 5 * len(survey.asked) - 1
    for field, number in FILLED[kind].items():
        page.cell(FIRST_ROW, fields.index(field) + 1).value = number
    target = io.BytesIO()
    book.save(target)

    batch = actions.receive_file(
        file=[target.getvalue()], file_name="演示数据.xlsx", register="surveys", by=clerk, period=period, queue=False
    )
    batch = actions.check_batch(batch)
    assert (batch.state, batch.errors, batch.new, batch.problems) == ("checked", 0, 1, [])
    preview = markup_of(browser.get(reverse("uploads:batch", args=[batch.ref]), {"tab": "new"}))
    assert "2018年的调查" in preview and re.search("1,?060", preview)
    actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
    batch.refresh_from_db()
    assert actions.commit_batch(batch).state == "committed"

    count = SurveyCount.objects.get()
    assert {name: getattr(count, name) for name in FILLED[kind]} == FILLED[kind]
    shown = markup_of(browser.get(count.get_absolute_url()))
    assert all(f"{number:,}" in shown for number in FILLED[kind].values())
    exported = load_workbook(io.BytesIO(write_export(sheet, division=place.county, by=clerk).data)).worksheets[0]
    row = dict(zip(fields, [cell.value for cell in exported[FIRST_ROW]], strict=True))
    assert {name: row[name] for name in FILLED[kind]} == FILLED[kind]
    assert (row["ref"], row["survey"], row["community_code"]) == (count.ref, survey.name, count.community.code)
    again = write_template(sheet, division=place.county, period=period, by=clerk, filled=True)
    assert count.ref in {cell.value for cell in load_workbook(io.BytesIO(again)).worksheets[0]["A"]}

    batch.refresh_from_db()
    actions.request_undo(batch=batch, by=clerk, queue=False)
    batch.refresh_from_db()
    assert actions.undo_batch(batch).state == "undone"
    assert not SurveyCount.objects.exists()
