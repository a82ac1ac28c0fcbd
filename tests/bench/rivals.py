"""The alternatives: django-import-export as in its manual, and the least work possible."""

from __future__ import annotations

import time
from pathlib import Path

import tablib
from django.db import connection, transaction
from import_export import fields, resources, widgets
from python_calamine import CalamineWorkbook

from changzhi_portal.names import comparable, pinyin_key
from changzhi_portal.records import new_ref
from changzhi_portal.registers.columns import CLEAR
from changzhi_portal.registers.problems import CellRefusedError, Doubtful
from communities.models import Community
from orgs.models import SocialOrganization
from orgs.sheets import OrganizationSheet
from tests.bench.organizations import HEADERS

HEADER_ROW = 2


class OrganizationResource(resources.ModelResource):
    """Every column and every check of a cell as in our sheet, row by row, in a transaction: the library's default."""

    class Meta:
        model = SocialOrganization
        import_id_fields = ("name", "community")
        fields = (
            "credit_code", "name", "registration", "legal_form", "category", "community", "established_on",
            "dissolved_on", "leader", "phone", "member_count", "is_social_work_agency", "hub_kind", "note",
        )  # fmt: skip
        clean_model_instances = True
        use_transactions = True
        report_skipped = False

    community = fields.Field(
        column_name="community", attribute="community", widget=widgets.ForeignKeyWidget(Community, field="code")
    )

    def before_import_row(self, row, **kwargs):
        """Read the cells with the columns that our own upload uses."""
        for column in OrganizationSheet.columns:
            if column.field in self.fields:
                raw = row.get(column.field, "")
                row[column.field] = None if raw == "" or column.is_blank(raw) else self._clean(column, raw)

    @staticmethod
    def _clean(column, raw):
        try:
            value = column.clean(raw)
        except CellRefusedError as refused:
            raise ValueError(str(refused)) from refused
        value = value.value if isinstance(value, Doubtful) else value
        return None if value is CLEAR else value

    def before_save_instance(self, instance, row, **kwargs):
        """Set the search keys, as saving a record requires."""
        instance.prepare_keys()


for _name in ("credit_code", "legal_form", "leader", "hub_kind", "note", "registration", "category", "name"):
    OrganizationResource.fields[_name].widget = widgets.CharWidget(coerce_to_string=True, allow_blank=True)
for _name in ("established_on", "dissolved_on", "phone", "member_count"):
    OrganizationResource.fields[_name].widget = widgets.Widget()
OrganizationResource.fields["is_social_work_agency"].widget = widgets.Widget()


def seconds_of_import_export(path: Path) -> float:
    """Return the seconds of the library's default import of a whole file; raises when a row fails."""
    started = time.perf_counter()
    fields_of = {column.header: column.field for column in OrganizationSheet.columns}
    names = [fields_of[header] for header in HEADERS]
    dataset = tablib.Dataset(headers=["community" if name == "community_code" else name for name in names])
    for row in CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[HEADER_ROW:]:
        dataset.append(row)
    result = OrganizationResource().import_data(dataset, raise_errors=True)
    assert result.totals["new"] == len(dataset), result.totals
    return time.perf_counter() - started


def seconds_of_bare_copy(path: Path) -> float:
    """Return the seconds of reading and COPY of the same columns: no check, no log, no staging. The lower bound."""
    started = time.perf_counter()
    ids = dict(Community.objects.values_list("code", "pk"))
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[HEADER_ROW:]
    ways = {"登记": "registered", "街道备案": "filed", "社区指导": "guided"}
    columns = (
        "ref, version, credit_code, name, name_key, sort_key, registration, legal_form, category, community_id, "
        "established_on, leader, phone, member_count, is_social_work_agency, hub_kind, note"
    )
    with (
        transaction.atomic(),
        connection.cursor() as cursor,
        cursor.copy(f"COPY {SocialOrganization._meta.db_table} ({columns}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(
                (
                    new_ref(), 1, row[0], row[1], comparable(row[1]), pinyin_key(row[1]), ways[row[2]], "",
                    "culture_sports", ids[row[8]], row[9], row[11], row[12], int(row[13]), False, "", "",
                )
            )  # fmt: skip
    return time.perf_counter() - started
