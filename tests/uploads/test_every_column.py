"""Tests of every column of every register, from the template to undoing, which find a place that omits a column.

The values are invented from the declaration, so that a new column is covered automatically. A column that is not shown
in a place is in one of the lists below, with the reason.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from openpyxl import load_workbook

from accounts.models import User
from changzhi_portal.display import display_value
from changzhi_portal.personal import Sealed
from changzhi_portal.registers.columns import (
    ChoiceColumn,
    Column,
    DateColumn,
    DecimalColumn,
    IdNumberColumn,
    IntegerColumn,
    ListColumn,
    ManyChoicesColumn,
    MonthColumn,
    PersonalColumn,
    PhoneColumn,
)
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import column_for, registers
from periods.models import ReportingPeriod
from tests.factories import Place, make_catalogue_item, make_department, make_project, make_training, make_worker
from tests.uploads.invented import PEOPLE, TRAININGS, Invented
from uploads import actions
from uploads.models import UploadBatch
from uploads.writing.template import REQUIRED_MARK, write_export, write_template

pytestmark = pytest.mark.django_db
FIRST, SECOND = 1, 2  # the values of the first upload, and those of the second
HEADER_ROW, FIRST_ROW = 3, 4

# --- Columns that a place does not show, and why ---

# They identify the record or its place; a change is one of the record's community or division.
# So do numbers of what a record belongs to: its project, its line of the catalogue.
FINDING = {"ref", "county", "town", "community_name", "community_code", "month", "project_number", "catalogue_code"}
# A community is found by its place columns, a monthly report by those and its month; places change by changes of divisions.
LASTING = {
    "reviews": {"county"},
    "communities": {"county", "town", "community_name", "community_code"},
    "monthly": {"county", "town", "community_name", "community_code", "month"},
}
# The history names what a relation leads to: the training and the person.
RELATED = {"training_records": {"training", "id_number"}}
# They lie where their person does.
PLACED_BY_PERSON = {"training_records"}
# The day of figures never changes: figures of another day are another profile.
OF_NEW_FIGURES = {"communities": {"as_of"}}
# Another first day opens another posting, so it is changed in another upload.
OF_ANOTHER_PART = {"workers": {"started_on"}}
# The only choice that fits the place of both rows: communities have development plans alone.
OF_ONE_CHOICE = {"documents": {"kind"}}
# In the page's heading; the place has facts of its own, with other labels; the code is on the community's page.
IN_HEADING = {"name", "title"}
PLACE_ON_PAGE = {
    "workers": {"county", "town", "community_name"},
    "projects": {"county", "catalogue_code"},
    "catalogue": {"county"},
    "reviews": {"county", "project_number"},
    "payments": {"county", "town", "community_name", "project_number"},
    "work_items": {"county", "town"},
    "trainings": {"county", "town"},
}
# What a page lists in a table: the label of its column there.
ROWS_ON_PAGE = {"projects": {"communities": "社区"}}
CODE_ON_OWN_PAGE = {"community_code"}
# Labels of pages that differ from the headers of columns.
LABELS = {
    "社区名称": "社区",
    "居（村）民小组数": "居（村）民小组",
    "居（村）民代表数": "居（村）民代表",
}
# Fields on records' pages that no column writes alone: those set by a change of divisions, and a project's place.
OTHER_FACTS = {
    "communities": {"code", "closed_on"},
    "projects": {"division", "catalogue"},
    "catalogue": {"division"},
    "work_items": {"state", "department", "submitted_on", "due_on", "decided_on", "decided_in"},
}
WORDS_ON_PAGE = {"是": ("是", "已建立"), "否": ("否", "未建立")}


def of(lists: Mapping[str, Iterable[str]], register: RegisterSheet) -> set[str]:
    return set(lists.get(register.name, ()))


# --- Values as each place shows them ---


def preview_words(column: Column, value: Any) -> str:
    return str(value) if isinstance(value, Sealed) else column.written(value)


def page_words(column: Column, invented: Invented) -> str:
    value = invented.values[column.field]
    if column.is_link:
        return "、".join(each.name for each in invented.served)
    if isinstance(column, ChoiceColumn | MonthColumn):
        return column.written(value)
    return display_value(value)


def history_words(column: Column, invented: Invented) -> str:
    if column.is_link:
        return f"{len(invented.served)}个社区"
    return page_words(column, invented).replace(",", "")


# --- The page as pairs of a label and a value ---


class LabelledValues(HTMLParser):
    """Parser of <dt>/<dd>, the cells of tables with their headings, and rows that begin with their label."""

    def __init__(self) -> None:
        super().__init__()
        self.pairs: set[tuple[str, str]] = set()
        self.heading = ""
        self._text: list[str] = []
        self._label = ""
        self._heads: list[str] = []
        self._row: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag in {"dt", "dd", "th", "td", "h1"}:
            self._text = []
        if tag == "thead":
            self._heads = []
        if tag == "tr":
            self._row = []

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        text = "".join("".join(self._text).split())
        if tag == "h1":
            self.heading = text
        elif tag == "dt":
            self._label = text
        elif tag == "dd":
            self.pairs.add((self._label, text))
        elif tag == "th":
            self._heads.append(text)
        elif tag == "td":
            self._row.append(text)
        elif tag == "tr" and self._row:
            self.pairs |= set(zip(self._heads, self._row, strict=False))
            self.pairs.add((self._row[0], self._row[-1]))


def page_of(browser: Client, record: Any) -> tuple[LabelledValues, list[Any], str]:
    """Return the record's page: its values without the history, the entries of the history, and the whole text."""
    response = browser.get(record.get_absolute_url())
    html = response.content.decode()
    shown = LabelledValues()
    shown.feed(html.split("变更记录")[0])
    [history] = [panel for panel in response.context["panels"] if "entries" in panel]
    return shown, history["entries"], html


# --- One upload through the pages ---


class Office:
    """A user who fills in a template, uploads it, reads the preview, commits and undoes."""

    def __init__(self, register: RegisterSheet, user: User, period: ReportingPeriod, browser: Client) -> None:
        self.register = register
        self.user = user
        self.period = period
        self.browser = browser

    def template(self) -> bytes:
        return write_template(
            self.register, division=self.user.division, period=self.period, by=self.user, filled=False
        )

    def export(self) -> dict[str, dict[str, Any]]:
        """Return the cells of the export, by 记录编号 and field."""
        page = load_workbook(io.BytesIO(self.export_file())).worksheets[0]
        fields = [column.field for column in self.register.columns]
        rows = [
            dict(zip(fields, row[: len(fields)], strict=True))
            for row in page.iter_rows(min_row=FIRST_ROW, values_only=True)
        ]
        return {row["ref"]: row for row in rows}

    def export_file(self) -> bytes:
        return write_export(self.register, division=self.user.division, by=self.user).data

    def fill_in(self, cells: Mapping[str, Any], ref: str = "") -> bytes:
        """Return the template with one row filled in."""
        book = load_workbook(io.BytesIO(self.template()))
        page = book.worksheets[0]
        for number, column in enumerate(self.register.columns, start=1):
            page.cell(FIRST_ROW, number).value = ref if column.field == "ref" else cells.get(column.field)
        target = io.BytesIO()
        book.save(target)
        return target.getvalue()

    def bring_in(self, data: bytes) -> UploadBatch:
        batch = actions.receive_file(
            file=[data], file_name="演示数据.xlsx", register=self.register.name, by=self.user,
            period=self.period, queue=False,
        )  # fmt: skip
        batch = actions.check_batch(batch)
        problems = [problem for row in batch.staged_rows.all() for problem in row.problems]
        assert (batch.state, batch.errors, batch.problems) == ("checked", 0, []), problems
        return batch

    def preview(self, batch: UploadBatch, tab: str) -> tuple[list[Any], str]:
        """Return the changes or the values of the only row in a tab of the preview, and the whole text."""
        response = self.browser.get(reverse("uploads:batch", args=[batch.ref]), {"tab": tab})
        return [said for _, said in response.context["rows"]], response.content.decode()

    def commit(self, batch: UploadBatch) -> None:
        actions.request_commit(batch=batch, mode="all", by=self.user, queue=False)
        batch.refresh_from_db()
        assert actions.commit_batch(batch).state == "committed"

    def take_back(self, batch: UploadBatch) -> None:
        batch.refresh_from_db()
        actions.request_undo(batch=batch, by=self.user, queue=False)
        batch.refresh_from_db()
        undone = actions.undo_batch(batch)
        assert (undone.state, undone.undo_kept, undone.undo_failed) == ("undone", 0, 0), undone.message

    def state(self) -> list[dict[str, Any]]:
        """Return all records of the register as in templates and exports, without empty values."""
        records = self.register.records(self.user.division.path)
        return [{name: value for name, value in row.items() if value not in (None, "", [])} for row in records]


# A count holds grades or 选择数, never both: tests/participation/test_ways.py sends all columns of both kinds. What names an
# organization or project has tests of its own in tests/orgs/test_supports.py and tests/participation/test_activities.py.
APART = {"surveys", "supports", "activities"}


@pytest.fixture(
    params=[register for register in registers() if register.name not in APART], ids=lambda register: register.name
)
def office(
    request: pytest.FixtureRequest, place: Place, officer: User, period: ReportingPeriod, signed_in: Any
) -> Office:
    place.communities[0].kind = ""  # so that it may be given
    place.communities[0].save()
    make_department(place.street, "统计局")
    make_department(place.rural_town, "民政局")
    if request.param.name == "training_records":
        for number, person, where in zip(TRAININGS, PEOPLE, (place.communities[0], place.villages[0]), strict=True):
            make_training(place.city, number)
            make_worker(where, id_number=person)
    for number, town in (("1", place.street), ("2", place.rural_town)):
        if request.param.name in {"reviews", "payments"}:
            make_project(town, number=f"YS-{number}")
        if request.param.name == "projects":
            make_catalogue_item(place.city, code=f"QD-{number}")
    return Office(request.param(), officer, period, signed_in(officer))


def test_every_column_comes_in_is_shown_goes_out_is_logged_and_is_taken_back(office: Office, place: Place) -> None:
    register = office.register
    first, second = Invented(register, FIRST, place), Invented(register, SECOND, place)
    assert all(first.cells[column.field] for column in register.columns if column.field != "ref")
    before = office.state()

    check_template(office)
    batches = [office.bring_in(office.fill_in(first.cells))]
    check_first_preview(office, batches[0], first)
    office.commit(batches[0])
    record = register.model.objects.get(pk=office_record(office, place).pk)
    check_page(office, record, first)
    check_export(office, record, first)
    after_first = office.state()

    late = of(OF_ANOTHER_PART, register)
    rounds = [{name: (first if name in late else second).cells[name] for name in second.cells}]
    rounds += [second.cells] if late else []
    for cells in rounds:
        batch = office.bring_in(office.fill_in(cells, record.ref))
        check_second_preview(office, batch, cells, first, second)
        office.commit(batch)
        batches.append(batch)
    record.refresh_from_db()
    check_page(office, record, second)
    check_export(office, record, second)
    check_history(office, record, first, second)

    for batch in reversed(batches[1:]):
        office.take_back(batch)
    record.refresh_from_db()
    assert office.state() == after_first
    check_page(office, record, first)
    office.take_back(batches[0])
    assert office.state() == before


def office_record(office: Office, place: Place) -> Any:
    return place.communities[0] if office.register.name == "communities" else office.register.model.objects.get()


def check_template(office: Office) -> None:
    page = load_workbook(io.BytesIO(office.template())).worksheets[0]
    header = page[HEADER_ROW][: len(office.register.columns)]  # a few columns are narrower than what stands above them
    expected = [f"{column.header}{REQUIRED_MARK if column.required else ''}" for column in office.register.columns]
    assert [cell.value for cell in header] == expected
    assert all(cell.comment and cell.comment.text for cell in header)


def check_first_preview(office: Office, batch: UploadBatch, first: Invented) -> None:
    register = office.register
    columns = [column for column in register.columns if column.field != "ref"]
    if batch.new:
        [values], html = office.preview(batch, "new")
        assert values == [(c.header, preview_words(c, first.values[c.field])) for c in columns]
    else:
        changes, html = office.preview(batch, "changed")
        shown = {change["column"]: change["new"] for change in changes}
        silent = of(LASTING, register) | of(OF_NEW_FIGURES, register)
        assert shown == {c.header: preview_words(c, first.values[c.field]) for c in columns if c.field not in silent}
    assert_masked(register, first, html)


def check_second_preview(
    office: Office, batch: UploadBatch, cells: Mapping[str, Any], first: Invented, second: Invented
) -> None:
    register = office.register
    changes, html = office.preview(batch, "changed")
    shown = {change["column"]: (change["old"], change["new"]) for change in changes}
    late = of(OF_ANOTHER_PART, register)
    if late and all(cells[name] == second.cells[name] for name in late):
        for name in late:  # beside the fields of another part those of the part before are told
            column = register.column(name)
            words = preview_words(column, first.values[name]), preview_words(column, second.values[name])
            assert shown[column.header] == words
        return
    for column in register.columns:
        name = column.field
        if name in FINDING | of(OF_NEW_FIGURES, register) | late | of(OF_ONE_CHOICE, register):
            continue
        old, new = preview_words(column, first.values[name]), preview_words(column, second.values[name])
        if column.is_link:
            old, new = history_words(column, first), history_words(column, second)
        assert shown.get(column.header) == (old, new), column
    if not of(LASTING, register) and register.name not in PLACED_BY_PERSON:
        places = [shown[header] for header in ("社区", "所属区划") if header in shown]
        assert len(places) == 1 and all(places[0]), "where the record comes from and goes is told"
    assert_masked(register, second, html)


def check_page(office: Office, record: Any, invented: Invented) -> None:
    register = office.register
    shown, _, html = page_of(office.browser, record)
    for column in register.columns:
        name = column.field
        if name == "ref":
            assert record.ref in record.get_absolute_url()
        elif name in IN_HEADING or (name == "community_name" and register.name == "communities"):
            assert shown.heading == "".join(str(invented.values[name]).split()), column
        elif name in of(PLACE_ON_PAGE, register):
            assert any(invented.values[name] in value for _, value in shown.pairs), column
        elif name in of(ROWS_ON_PAGE, register):
            listed = {value for said, value in shown.pairs if said == ROWS_ON_PAGE[register.name][name]}
            assert set(page_words(column, invented).split("、")) <= listed, column
        elif name not in CODE_ON_OWN_PAGE or register.name == "communities":
            label = LABELS.get(column.header, column.header)
            words = page_words(column, invented).replace(",", "")
            values = {value.replace(",", "") for said, value in shown.pairs if said == label}
            expected = WORDS_ON_PAGE.get(words, (words,))
            assert any(value.rstrip("个名") in expected for value in values), (column, words, values)
    assert_masked(register, invented, html)


def check_export(office: Office, record: Any, invented: Invented) -> None:
    row = office.export()[record.ref]
    for column in office.register.columns:
        if column.field == "ref":
            continue
        value, cell = invented.values[column.field], row[column.field]
        if isinstance(column, DateColumn):
            assert cell.date() == value, column
        elif isinstance(column, IntegerColumn | DecimalColumn):
            assert Decimal(str(cell)) == value, column
        elif column.is_link:
            assert cell == page_words(column, invented), column
        else:
            assert cell == preview_words(column, value), column
    assert_masked(office.register, invented, str(row))


def check_history(office: Office, record: Any, first: Invented, second: Invented) -> None:
    register = office.register
    _, entries, html = page_of(office.browser, record)
    told = {
        (change.label, change.old.replace(",", ""), change.new.replace(",", ""))
        for entry in entries
        for change in entry.changes
    }
    parts = {entry.part for entry in entries if entry.kind == "新增"}
    for column in register.columns:
        name = column.field
        if name in FINDING | of(RELATED, register) | of(OF_ONE_CHOICE, register):
            continue
        if name in of(OF_NEW_FIGURES, register) | of(OF_ANOTHER_PART, register) or (
            register.name == "communities" and column.model.__name__ == "CommunityProfile"
        ):
            assert str(column.model._meta.verbose_name) in parts, column
            continue
        assert (column.header, history_words(column, first), history_words(column, second)) in told, column
    for invented in (first, second):
        assert_masked(register, invented, html)


def assert_masked(register: RegisterSheet, invented: Invented, text: str) -> None:
    """Check that no personal value of the row can be read in the text."""
    for column in register.columns:
        if isinstance(column, PersonalColumn):
            assert invented.cells[column.field] not in text, column


def test_a_records_page_shows_nothing_that_no_column_writes():
    for register in registers():
        page = get_resolver().resolve(register.model.url_of("abcdefgh12345")).func.view_class
        unwritten = {name for name in page.facts if column_for(register.model(), name) is None}
        assert unwritten == set(OTHER_FACTS.get(register.name, ())), register.name


def test_personal_data_are_among_what_is_sent():
    kinds = {type(column) for register in registers() for column in register.columns}
    assert {IdNumberColumn, PhoneColumn, ListColumn, ManyChoicesColumn} <= kinds
