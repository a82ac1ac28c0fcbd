"""Tests of cells corrected in the page: read and compared again, without changes elsewhere."""

from __future__ import annotations

import datetime
import re

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError
from changzhi_portal.registers.registry import register_named
from communities.models import Facility
from services.models import ServiceProject
from socialworkers.models import SocialWorker
from tests.communities.test_sheets import facility_row
from tests.factories import make_facility, make_period
from tests.queries import queries_of
from tests.services.test_sheets import row as project_row
from tests.socialworkers.test_sheets import NUMBER
from tests.socialworkers.test_sheets import row as worker_row
from tests.uploads.row_forms import words_of
from uploads import actions
from uploads.actions import change_batch
from uploads.models import UploadBatch, UploadRow
from uploads.places import cell_of, row_of_file
from uploads.reading.grid import CellError
from uploads.rows import raw_cells

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
State = UploadBatch.State


def sent(send, user, rows, register="facilities", **options):
    return UploadBatch.objects.get(pk=send(register, user, rows, **options)["batch"])


def correct(batch, by, position, field, text):
    actions.correct_row(batch=batch, position=position, texts={field: text}, by=by)
    batch.refresh_from_db()
    return batch


def counters(batch):
    return {name: getattr(batch, name) for name in UploadBatch.COUNTERS}


def rows_of(batch):
    names = (
        "position",
        "sheet",
        "row_number",
        "label",
        "outcome",
        "has_warning",
        "values",
        "changes",
        "problems",
        "codes",
    )
    return list(batch.staged_rows.order_by("position").values(*names))


def test_a_corrected_cell_makes_its_row_good_and_leaves_the_others_alone(send, clerk):
    rows = [
        facility_row(**{"建筑面积（㎡）": "五百多"}),
        facility_row("东关社区", **{"建筑面积（㎡）": "约520"}),
        facility_row("没有的社区"),
    ]
    batch = sent(send, clerk, rows)
    before = rows_of(batch)
    batch = correct(batch, clerk, 1, "area", "530㎡")
    assert (batch.state, batch.new, batch.errors, batch.warnings) == (State.CHECKED, 2, 1, 3)
    after = rows_of(batch)
    assert after[1:] == before[1:]
    assert (after[0]["outcome"], after[0]["values"]["area"]) == ("new", "530.00")
    assert [problem["code"] for problem in after[0]["problems"]] == ["approximate_date"], "its other cell still warns"


def test_comparing_again_without_the_file_says_what_the_first_check_said(send, clerk, place, settings):
    """The month is changed and changed back: every row, problem and shown value is as after reading the file."""
    make_facility(place.communities[1], "党群服务中心", area="100")
    may, june = make_period("2018-05"), make_period("2018-06")
    rows = [
        facility_row(**{"建筑面积（㎡）": "500-600"}),
        facility_row("东关社区", **{"建筑面积（㎡）": "约520", "产权": "清空"}),
        facility_row("下东社区", **{"设施类型": "车库", "启用日期": "2018.13.1"}),
        facility_row("下东社区", **{"启用日期": datetime.date(2099, 1, 1)}),
        facility_row("下东社区"),
        facility_row("没有的社区", **{"启用日期": 43000}),
    ]
    batch = sent(send, clerk, rows, period="2018-06")
    before, counted = rows_of(batch), counters(batch)
    assert batch.errors >= 4
    for period in (may, june):
        assert actions.change_month(batch=batch, period=period, by=clerk)
        batch.refresh_from_db()
        (settings.MEDIA_ROOT / batch.stored_as).unlink(missing_ok=True)
        actions.check_queued_batch(batch.pk)
        batch.refresh_from_db()
        assert batch.state == State.CHECKED
    assert rows_of(batch) == before
    assert counters(batch) == counted


def test_what_was_corrected_is_what_is_committed(send, clerk):
    batch = sent(send, clerk, [facility_row(**{"建筑面积（㎡）": "五百多"})])
    batch = correct(batch, clerk, 1, "area", "515.5")
    actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
    actions.commit_batch(batch)
    assert str(Facility.objects.get().area) == "515.50"


def test_a_correction_holds_when_the_file_is_read_again_for_another_mapping(send, clerk):
    batch = sent(send, clerk, [facility_row(**{"建筑面积（㎡）": "五百多", "备注": "演示"})])
    batch = correct(batch, clerk, 1, "area", "515")
    actions.map_columns(batch=batch, chosen={"备注": "ignored"}, by=clerk)
    actions.check_queued_batch(batch.pk)
    batch.refresh_from_db()
    values = batch.staged_rows.get().values
    assert (batch.errors, values["area"], "note" in values) == (0, "515.00", False)


def test_a_wrong_correction_is_told_and_the_row_stays_out(send, clerk, signed_in):
    batch = sent(send, clerk, [facility_row(**{"建筑面积（㎡）": "五百多"})])
    answer = signed_in(clerk).post(
        reverse("uploads:correct", args=[batch.ref]),
        {"row": "1", "field": "area", "text": "六百", "back": "tab=errors&page=1&evil=x"},
        follow=True,
    )
    page = answer.content.decode()
    assert "第2行还有错误" in page and "六百" in page
    assert page.index('id="rows"') < page.index("第2行还有错误"), "said where the page is opened, at the rows"
    assert "evil" not in answer.redirect_chain[-1][0]
    batch.refresh_from_db()
    assert (batch.errors, batch.staged_rows.get().outcome) == (1, UploadRow.Outcome.ERROR)


def test_the_page_offers_the_cell_and_corrects_it_without_scripts(send, clerk, signed_in):
    batch = sent(send, clerk, [facility_row(**{"建筑面积（㎡）": "五百多"})])
    browser = signed_in(clerk)
    page = browser.get(reverse("uploads:batch", args=[batch.ref])).content.decode()
    assert 'value="五百多"' in page
    form = browser.get(reverse("uploads:correct", args=[batch.ref]), {"row": "1"}).content.decode()
    assert "建筑面积（㎡）" in form and "设施名称" in form
    answer = browser.post(
        reverse("uploads:correct", args=[batch.ref]), {"row": "1", "field": "area", "text": "520"}, follow=True
    )
    done = " ".join(answer.content.decode().split())
    assert "第2行没有错误了" in done
    assert "在页面上改过 1 格" in done and f'改成“520” <span class="quiet">{clerk}' in done


def test_a_duplicate_is_gone_from_the_other_row_when_one_is_renamed(send, clerk):
    batch = sent(send, clerk, [facility_row(), facility_row()])
    assert batch.errors == 1
    batch = correct(batch, clerk, 1, "name", "第二活动室")
    assert (batch.errors, batch.new) == (0, 2)


def test_an_emptied_cell_says_nothing(send, clerk):
    batch = sent(send, clerk, [facility_row(**{"停用日期": "不详"})])
    assert batch.errors == 1
    batch = correct(batch, clerk, 1, "closed_on", "")
    assert batch.errors == 0 and "closed_on" not in batch.staged_rows.get().values


def test_personal_text_is_kept_as_ciphertext_and_shown_masked(send, clerk, signed_in):
    wrong = NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")
    batch = sent(send, clerk, [worker_row("和平社区", 身份证号=wrong)], register="workers")
    (row,) = batch.staged_rows.all()
    assert wrong not in str(row.raw) and wrong not in str(row.problems)
    browser = signed_in(clerk)
    for address in (
        reverse("uploads:batch", args=[batch.ref]),
        reverse("uploads:correct", args=[batch.ref]) + "?row=1",
    ):
        assert wrong not in browser.get(address).content.decode()
    batch = correct(batch, clerk, 1, "id_number", NUMBER)
    assert batch.errors == 0
    assert NUMBER not in str(batch.corrections)
    page = browser.get(reverse("uploads:batch", args=[batch.ref])).content.decode()
    assert NUMBER not in page and "在页面上改过" in page
    actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
    actions.commit_batch(batch)
    assert SocialWorker.objects.get().id_number.reveal() == NUMBER


def test_money_is_typed_in_the_unit_of_its_column(send, clerk):
    row = {name.replace("预算金额（元）", "预算金额（万元）"): value for name, value in project_row().items()}
    batch = sent(send, clerk, [row | {"预算金额（万元）": "二十"}], register="projects")
    assert batch.errors == 1
    batch = correct(batch, clerk, 1, "budget", "20.5")
    actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
    actions.commit_batch(batch)
    assert str(ServiceProject.objects.get().budget) == "205000.00"


def test_a_large_batch_is_compared_by_the_worker(send, clerk, monkeypatch):
    monkeypatch.setattr(change_batch, "MOST_ROWS_AT_ONCE", 1)
    batch = sent(send, clerk, [facility_row(**{"建筑面积（㎡）": "五百多"}), facility_row("东关社区")])
    batch = correct(batch, clerk, 1, "area", "520")
    assert (batch.state, batch.errors) == (State.QUEUED, 1)
    actions.check_queued_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.errors, batch.new) == (State.CHECKED, 0, 2)


@pytest.mark.parametrize(
    ("position", "field", "kind"),
    [
        (9, "area", NotFoundError),
        (1, "no_such_field", NotFoundError),
        (1, "construction_mode", InvalidError),
    ],
)
def test_a_cell_that_is_not_there_is_refused(send, clerk, position, field, kind):
    batch = sent(send, clerk, [facility_row(**{"建筑面积（㎡）": "五百多"})])
    with pytest.raises(kind):
        actions.correct_row(batch=batch, position=position, texts={field: "1"}, by=clerk)
    batch.refresh_from_db()
    assert (batch.state, batch.corrections) == (State.CHECKED, [])


def test_a_committed_batch_and_another_offices_are_not_corrected(send, clerk, other_clerk):
    batch = sent(send, clerk, [facility_row()], commit="all")
    for by, kind in ((clerk, StaleError), (other_clerk, NotAllowedError)):
        with pytest.raises(kind):
            actions.correct_row(batch=batch, position=1, texts={"area": "1"}, by=by)
    assert str(Facility.objects.get().area) == "520.00"


def test_correcting_costs_the_same_queries_for_more_rows(send, clerk):
    def cost(rows):
        batch = sent(send, clerk, rows)
        return len(queries_of(lambda: correct(batch, clerk, 1, "area", "520")))

    bad = {"建筑面积（㎡）": "五百多"}
    few = cost([facility_row(**bad)])
    names = ("和平社区", "东关社区", "下东社区")  # so many new ones in one community alone would be counted
    many = cost([facility_row(names[n % 3], 设施名称=f"活动室{n}", **(bad if n < 5 else {})) for n in range(60)])
    assert many == few


CELLS = st.one_of(
    st.text(max_size=20),
    st.integers(min_value=-(10**12), max_value=10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.sampled_from(["#REF!", "#DIV/0!"]).map(CellError),
)


@given(cell=CELLS, name=st.sampled_from(["id_number", "name"]))
def test_a_cell_comes_back_from_staging_as_it_was_read(cell, name):
    column = register_named("workers")().column(name)
    row = row_of_file("a" * 64, "workers", 1)
    stored = raw_cells.as_json(cell, column, row)
    back = raw_cells.from_json(stored, cell_of(row, name))
    assert (type(back), back) == (type(cell), cell)


def test_a_refused_correction_stays_at_its_cell_with_what_was_typed_and_the_focus(send, clerk, signed_in):
    batch = sent(send, clerk, [facility_row(**{"建筑面积（㎡）": "五百多"})])
    address = reverse("uploads:correct", args=[batch.ref])
    typed = "六" * 2_001
    answer = signed_in(clerk).post(address, {"row": "1", "field": "area", "text": typed, "back": "tab=errors"})
    page = " ".join(answer.content.decode().split())
    assert answer.status_code == 422
    cell, after = page.split('name="text-area"')[1].split(">", 1)
    assert f'value="{typed}"' in cell and " autofocus" in cell
    assert '<p class="invalid-feedback mb-0" id="id_text-area_error">内容过长' in after
    assert page.count(" autofocus") == page.count("内容过长") == 1
    batch.refresh_from_db()
    assert batch.corrections == []


def test_what_is_typed_in_a_personal_cell_is_not_shown_again(send, clerk, signed_in):
    batch = sent(send, clerk, [worker_row("和平社区")], register="workers")
    answer = signed_in(clerk).post(
        reverse("uploads:correct", args=[batch.ref]), {"row": "1", "field": "id_number", "text": NUMBER * 200}
    )
    assert answer.status_code == 422
    assert "内容过长" in answer.content.decode()
    assert NUMBER not in answer.content.decode()


@pytest.mark.parametrize("change", [{"row": "9"}, {"field": "no_such_field"}])
def test_a_correction_of_a_cell_that_is_gone_is_said_above(send, clerk, signed_in, change):
    batch = sent(send, clerk, [facility_row(**{"建筑面积（㎡）": "五百多"})])
    asked = {"row": "1", "field": "area", "text": "520", **change}
    answer = signed_in(clerk).post(reverse("uploads:correct", args=[batch.ref]), asked)
    assert answer.status_code == 404
    assert "没有找到要改的这一格，请从这个批次的页面重新打开。" in answer.content.decode()


def test_a_batch_that_is_committed_meanwhile_says_so_without_the_form(send, clerk, signed_in):
    batch = sent(send, clerk, [facility_row()], commit="all")
    address = reverse("uploads:correct", args=[batch.ref])
    answer = signed_in(clerk).post(address, {"row": "1", "field": "area", "text": "1"})
    main = answer.content.decode().split("<main")[1]
    assert answer.status_code == 409
    assert "这一行已经入库，不能在批次里再改" in main and "<form" not in main


def test_the_list_names_the_files_unit_beside_the_input_that_takes_it(send, clerk, signed_in):
    row = {name.replace("预算金额（元）", "预算金额（万元）"): value for name, value in project_row().items()}
    batch = sent(send, clerk, [row | {"预算金额（万元）": "二十三"}], register="projects")
    browser = signed_in(clerk)
    page = words_of(browser.get(reverse("uploads:batch", args=[batch.ref])))
    line = page.split('<form class="correct-line"')[1].split("</form>")[0]
    assert re.search(r'aria-label="[A-Z]+2改成（万元）"', line) and ">万元</span>" in line
    assert ">预算金额（万元）</td>" in page and "预算金额（元）" not in page.split('id="rows"')[1]
    correct(batch, clerk, 1, "budget", "23")
    page = words_of(browser.get(reverse("uploads:batch", args=[batch.ref])))
    assert "预算金额（万元） 改成“23”" in page


def test_an_input_whose_column_has_the_registers_unit_names_none(send, clerk, signed_in):
    batch = sent(send, clerk, [facility_row(**{"建筑面积（㎡）": "五百多"})])
    page = words_of(signed_in(clerk).get(reverse("uploads:batch", args=[batch.ref])))
    assert 'class="correct-unit"' not in page
    assert re.search(r'aria-label="[A-Z]+2改成"', page)
