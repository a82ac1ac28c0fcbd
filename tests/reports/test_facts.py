"""`manage.py export_facts`: read back with DuckDB, by the types that its dictionary says."""

from __future__ import annotations

import json
from decimal import Decimal

import duckdb
import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from changelog.models import TrailRecord
from changelog.trail import TrailKind
from changzhi_portal.indicators import counted_registers
from changzhi_portal.registers.registry import registers
from communities.models import Facility
from reports.facts.tables import PUBLIC_TEXTS, WITHHELD, fact_tables
from targets.actions import compute_period
from targets.models import CommunityMeasure, DivisionMeasure, TargetResult
from tests.factories import make_facility, make_organization, make_period, make_project, make_worker

TYPES = {"string": "VARCHAR", "integer": "BIGINT", "number": "DECIMAL(18,4)", "boolean": "BOOLEAN", "date": "DATE"}
SECRETS = ("演示负责人甲", "演示工作者乙", "13812345678", "演示备注丙", "140402199001")


@pytest.fixture
def measured(place):
    """Measure a month with a record of each register, personal values and notes among them."""
    make_facility(place.communities[0], "=甲楼", area="520.50", note="演示备注丙")
    make_organization(
        place.communities[0], leader="演示负责人甲", phone="13812345678", member_count=7, note="演示备注丙"
    )
    make_organization(place.county, registration="registered", is_social_work_agency=True)
    make_worker(place.communities[0], "演示工作者乙")
    make_project(place.county, place.communities[0], budget="1234567.80")
    period = make_period()
    compute_period(period)
    return period


def exported(period, folder, file_format: str) -> tuple[dict, duckdb.DuckDBPyConnection]:
    """Return the dictionary, and a database with the tables, loaded by nothing but what the dictionary says."""
    call_command("export_facts", period=period.code, format=file_format, output=folder, json=True)
    package = json.loads((folder / "datapackage.json").read_text())
    database = duckdb.connect()
    for resource in package["resources"]:
        path = folder / resource["path"]
        if file_format == "parquet":
            database.execute(f"CREATE TABLE {resource['name']} AS FROM read_parquet('{path}')")
            continue
        types = {field["name"]: TYPES[field["type"]] for field in resource["schema"]["fields"]}
        database.execute(f"CREATE TABLE {resource['name']} AS FROM read_csv('{path}', header=true, columns={types})")
    return package, database


@pytest.mark.django_db
@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_a_warehouse_reads_what_the_portal_has_measured(file_format, measured, tmp_path):
    package, database = exported(measured, tmp_path / "facts", file_format)

    def one(sql: str):
        return database.execute(sql).fetchone()

    measures = CommunityMeasure.objects.filter(period=measured)
    sums = measures.aggregate(Sum("facility_area"), Sum("organizations_filed"), Sum("workers"))
    found = one("SELECT count(*), sum(facility_area), sum(organizations_filed), sum(workers) FROM community_measures")
    assert found == (measures.count(), *sums.values())
    assert found[1] == Decimal("520.50")
    assert one("SELECT count(*) FROM division_measures")[0] == DivisionMeasure.objects.filter(period=measured).count()
    results = TargetResult.objects.filter(period=measured)
    assert one("SELECT count(*), sum(judged), sum(gap) FROM results") == (
        results.count(), *results.aggregate(Sum("judged"), Sum("gap")).values()
    )  # fmt: skip
    joined = one(
        "SELECT count(*) FROM results r JOIN targets t USING (target) JOIN divisions d ON d.code = r.division_code"
    )
    assert joined[0] >= results.count()
    assert one("SELECT name, area FROM facilities") == ("=甲楼", Decimal("520.5"))
    assert one("SELECT member_count, typeof(established_on), is_social_work_agency FROM organizations WHERE member_count = 7") == (
        7, "DATE", False,
    )  # fmt: skip
    assert one("SELECT budget FROM projects")[0] == Decimal("1234567.80")
    for resource in package["resources"]:
        key = ", ".join(resource["schema"]["primaryKey"])
        total, different = one(f"SELECT count(*), count(DISTINCT ({key})) FROM {resource['name']}")
        assert total == different, resource["name"]


@pytest.mark.one_database
@pytest.mark.django_db
@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_nothing_personal_and_no_note_is_in_the_files(file_format, measured, tmp_path):
    _, database = exported(measured, tmp_path / "facts", file_format)
    tables = [name for (name,) in database.execute("SELECT table_name FROM information_schema.tables").fetchall()]
    everything = str([database.execute(f"FROM {name}").fetchall() for name in tables])
    assert "=甲楼" in everything
    assert [secret for secret in SECRETS if secret in everything] == []


@pytest.mark.one_database
@pytest.mark.django_db
def test_every_figure_and_every_register_is_accounted_for(measured):
    tables = {table.name: table for table in fact_tables(measured)}
    for register in counted_registers():
        names = {column.name for column in tables["community_measures"].columns}
        assert {figure.name for figure in register.community_figures} <= names
        names = {column.name for column in tables["division_measures"].columns}
        assert {figure.name for figure in register.division_figures} <= names
    assert {sheet.name for sheet in registers()} == {*PUBLIC_TEXTS, *WITHHELD}
    assert all(column.label for table in tables.values() for column in table.columns)


@pytest.mark.one_database
@pytest.mark.django_db
def test_it_is_recorded_and_refused_in_one_sentence(measured, tmp_path, capsys):
    folder = tmp_path / "facts"
    exported(measured, folder, "csv")
    record = TrailRecord.objects.get(kind=TrailKind.EXPORTED)
    assert record.rows == sum(json.loads(capsys.readouterr().out)["rows"].values()) > Facility.objects.count()
    for options, words in (
        ({"period": measured.code, "output": folder}, "已经存在"),
        ({"period": "2001-01", "output": tmp_path / "other"}, "还没有测算过"),
    ):
        with pytest.raises(CommandError, match=words) as refused:
            call_command("export_facts", format="csv", **options)
        assert refused.value.returncode == 3
    assert [path.name for path in tmp_path.iterdir()] == ["facts"]
