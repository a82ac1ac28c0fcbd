"""经费支付: what was paid, from which source, for what; the instalments of projects among it."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from decimal import Decimal
from types import MappingProxyType
from typing import Any, ClassVar

from django.db import models
from django.db.models import Min, QuerySet

from changzhi_portal.bulk import in_batches
from changzhi_portal.display import display_number
from changzhi_portal.names import comparable
from changzhi_portal.registers.columns import (
    ChoiceColumn,
    Column,
    DateColumn,
    DecimalColumn,
    IntegerColumn,
    TextColumn,
)
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.entries import read_entries
from changzhi_portal.registers.problems import Level
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.registers.writes import Wording, Write
from communities.models import Division
from communities.places import KnownCommunity, Place, PlaceFinder, PlaceIndex
from communities.sheets.place_columns import REF, place_columns, place_values
from communities.sheets.place_words import OF_OTHERS
from communities.sheets.placing import RecordSheet
from services.models import Payment, Review, ServiceProject
from services.sheets.finding import ProjectFinder, project_column
from services.thresholds import LARGEST_AMOUNT


class PaymentSheet(RecordSheet):
    """A payment is known by its voucher inside its division. Money is read in yuan, 万元 honoured.

    县（市、区） and 街道（乡镇） say who has paid, by default the office itself; 社区名称 names the community that it is for.
    """

    name = "payments"
    title = "经费支付"
    position = 62
    model = Payment
    key_cells = ("voucher",)
    key_fields = frozenset({"voucher", "division_id"})
    writes_to = (Payment,)
    looks_at: ClassVar[tuple[type[models.Model], ...]] = (*RecordSheet.looks_at, ServiceProject, Review)
    is_needed = False  # 有则报
    needs_community = False
    identifying = (("voucher", "amount"),)
    list_page = "services:payments"
    name_lookup = "voucher"
    names_of = ("division", "division__parent", "division__successor", "used_in", "project")
    fields_in_bulk = ("source", "purpose", "payer", "note")
    hints_in_forms: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "county": "哪一级支付的；本单位的不填。",
            "town": "街道（乡镇）支付的才填。",
            "community_name": "用在哪个社区；不是用在一个社区的留空。",
            "project_number": "购买服务、公益创投的付款填项目编号。",
            "instalment": "项目的第几期付款。",
            "payer": "个人捐赠只填合计，不写姓名。",
        }
    )
    columns: ClassVar[tuple[Column, ...]] = (
        REF,
        TextColumn(
            Payment,
            "voucher",
            "凭证号",
            "支付凭证号",
            "凭证编号",
            required=True,
            is_key=True,
            holds_issued_numbers=True,
        ),
        *place_columns(county_required=False, key=False),
        DateColumn(Payment, "paid_on", "支付日期", "付款日期", "拨付日期", required=True),
        DecimalColumn(Payment, "amount", "金额（元）", "金额", "支付金额", "拨付金额", counts_yuan=True, required=True),
        ChoiceColumn(Payment, "source", "资金来源", "经费来源", required=True),
        ChoiceColumn(Payment, "purpose", "用途", "资金用途", "经费用途", required=True),
        project_column(required=False),
        IntegerColumn(Payment, "instalment", "期次", "付款期次", maximum=99),
        ChoiceColumn(Payment, "payer", "出资方", "出资单位"),
        TextColumn(Payment, "note", "备注", "说明"),
    )

    # --- Where a row belongs ---

    def place_rows(self, rows: Sequence[RegisterRow], context: CheckContext) -> PlaceIndex:
        """Place each row at the town or county that it names, by default where its record is, or at the uploader's own."""
        index = PlaceIndex(context.scope_path)
        finder = PlaceFinder(index)
        self._communities: dict[int, KnownCommunity] = {}
        for row in context.passing(rows, half=0):
            if row.refused & {"county", "town"}:
                continue
            county, town = row.get("county", ""), row.get("town", "")
            if county or town:
                self._settle(row, self._look_up(finder, (county, town, "", "")), context)
            else:
                row.place = self.place_by_ref(row, index) or Place(context.division.pk, None)
            if row.place is not None:
                self._find_community(row, finder)
        return index

    def _find_community(self, row: RegisterRow, finder: PlaceFinder) -> None:
        """Find the community that a payment is for, in the county and town of the row, or report why there is none."""
        name, code = row.get("community_name", ""), row.get("community_code", "")
        if not (name or code) or row.refused & {"community_name", "community_code"}:
            return
        texts = (row.get("county", ""), row.get("town", ""), name, code)
        found = self._look_up(finder, texts)
        if not isinstance(found, Place):
            row.report(found.code, str(found), found.part, "community_name", "community_code")
        elif found.community is not None:
            self._communities[id(row)] = found.community

    def places_of(self, records: Sequence[Payment]) -> dict[int, tuple[int | None, int | None]]:
        """See RecordSheet.places_of. Who has paid."""
        return {record.pk: (None, record.division_id) for record in records}

    def division_of(self, record: Payment) -> int:
        """See RegisterSheet.division_of."""
        return record.division_id

    # --- Which records there are ---

    def match(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Find payments by division and voucher."""
        wanted = list({voucher for row in rows if (voucher := row.get("voucher"))})
        inside = Payment.objects.filter(Payment.in_subtree(context.scope_path))
        found: dict[tuple[int, str], Payment] = {}
        for batch in in_batches(wanted):
            for payment in context.lock(inside.filter(voucher__in=batch).order_by("pk")):
                division = self._index.today_of(self._index.divisions[payment.division_id])
                found[division.pk, comparable(payment.voucher)] = payment
        for row in rows:
            key = self.natural_key(row)
            row.target = found.get(key) if key is not None else None

    def natural_key(self, row: RegisterRow) -> tuple[int, str] | None:
        """Return division and voucher."""
        voucher = row.get("voucher")
        return (row.place.division_id, comparable(voucher)) if row.place is not None and voucher else None

    def load_related(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """Load the projects that rows name or their records have, with what was paid for them; see `_Accounts`."""
        targets = [row.target for row in rows if isinstance(row.target, Payment)]
        also = {payment.project_id for payment in targets if payment.project_id is not None}
        self._finder = ProjectFinder(rows, self._index, context, also=also)
        self._accounts = _Accounts(self._finder.by_key, targets)
        # The record of a row that stays out is paid as it was.
        self._stay_out = {id(row) for row in rows if row.has_error or row.place is None}
        for row in rows:
            if id(row) in self._stay_out and isinstance(row.target, Payment):
                self._accounts.keep(row.target)

    # --- What a row may say ---

    def propose_writes(self, row: RegisterRow, context: CheckContext) -> None:
        """Propose one write: the payment; refuse what does not fit its project."""
        payment = row.draft(Payment)
        before = None if row.is_new else copy(payment)
        row.label = row.get("voucher") or ("" if row.is_new else payment.voucher)
        project = self._project(row, payment)
        values = self.given(row, Payment)
        if row.is_new or row.get("county") or row.get("town"):
            values["division_id"] = self.division_for(row, None if row.is_new else payment.division_id)
        if "project_number" in row.values:
            values["project_id"] = None if project is None else project.pk
        if row.is_new or row.values.keys() & {"community_name", "community_code"}:
            community = self._communities.get(id(row))
            values["used_in_id"] = None if community is None else community.id
        write = self.propose(row, payment, values, division_id=row.place.division_id, is_new=row.is_new)
        if write is not None and not row.is_new:
            self._word_keys(write)
        self._check_place_of_project(row, payment, project)
        if write is not None and payment.instalment is not None and payment.project_id is None:
            row.report("required", "有期次的要写明项目编号", "project_number", "instalment")
        if not row.has_error:
            self._check_account(row, payment, project, changes_money=write is not None)
            self._check_unit(row, payment, context)
        if before is not None and row.has_error and id(row) not in self._stay_out:
            self._accounts.keep(before)
        row.writes = [write] if write else []

    def _word_keys(self, write: Write) -> None:
        """Say what the keys of a change mean."""
        words: dict[str, Wording] = {}
        if "project_id" in write.after:
            old, new = (self._finder.by_key.get(each.get("project_id") or 0) for each in (write.before, write.after))
            words["project_id"] = Wording("项目编号", old.number if old else "", new.number if new else "")
        if "used_in_id" in write.after:
            before, after = (each.get("used_in_id") for each in (write.before, write.after))
            words["used_in_id"] = Wording("用于社区", self._community_name(before), self._community_name(after))
        if words:
            write.words = words

    def _community_name(self, key: int | None) -> str:
        """Return the name of a community; of one that is closed, what stands in its place; "" for None."""
        if key is None:
            return ""
        known = self._index.communities.get(self._index.stands_for.get(key, key))
        return known.name if known is not None else OF_OTHERS

    def _project(self, row: RegisterRow, payment: Payment) -> ServiceProject | None:
        """Return the project of a row: the one that it names, else that of its record."""
        if "project_number" in row.values:
            return self._finder.find(row, may_serve=True)
        return None if row.is_new else self._finder.by_key.get(payment.project_id or 0)

    def _check_place_of_project(self, row: RegisterRow, payment: Payment, project: ServiceProject | None) -> None:
        """Report a payment that moves to a division whose business the project is not."""
        if project is None or row.is_new or "project_number" in row.values or not row.get("county"):
            return
        if not self._finder.concerns(project, row.place.division_id):
            here = self._index.divisions[row.place.division_id].name
            row.report("out_of_scope", f"项目“{project.number}”不是{here}的，也没有服务{here}的社区，请核对", "county")

    def _check_account(
        self, row: RegisterRow, payment: Payment, project: ServiceProject | None, *, changes_money: bool
    ) -> None:
        """Report an instalment that is there already, and more than the contract; enter the payment into the account."""
        if project is None:
            return
        accounts = self._accounts
        if payment.instalment is not None:
            other = accounts.voucher_of(project.pk, payment.instalment)
            if other is not None:
                told = f"项目“{project.number}”的第{payment.instalment}期已经登记过（凭证号{other}），请核对期次"
                row.report("conflicting_key", told, "instalment")
                return
        total = accounts.paid[project.pk] + payment.amount
        contract = project.contract_amount
        if contract is not None and total > contract and changes_money:
            told = (
                f"连同这一笔，项目累计支付{display_number(total)}元，"
                f"超过合同金额{display_number(contract)}元，请核对金额或者先更正合同金额"
            )
            row.report("over_budget", told, "amount", level=Level.ERROR)
            return
        accounts.enter(project.pk, payment.amount, payment.instalment, payment.voucher)
        if contract is None:
            row.report("contradicts_project", "项目还没有填合同金额，付款没法核对，请补填", "project_number")
        elif total == contract and not accounts.is_accepted(project.pk, payment.paid_on):
            told = "这一笔付清了合同金额，项目到这一天还没有验收，请核对"
            row.report("contradicts_project", told, "paid_on")

    @staticmethod
    def _check_unit(row: RegisterRow, payment: Payment, context: CheckContext) -> None:
        """Report an amount that was probably given in 元 in a column of 万元."""
        if "amount" in row.values and payment.amount > context.thresholds[LARGEST_AMOUNT]:
            row.report("outlier", f"按{payment.amount:,.2f}元读取，过大，请核对单位是元还是万元", "amount")

    # --- What the register says ---

    def name_for_office(self, record: Payment) -> str:
        """See RecordSheet.name_for_office."""
        return record.voucher

    def standing(self, scope_path: str, day: datetime.date) -> QuerySet[Payment]:
        """See RegisterSheet.standing. Those of the month."""
        of_month = self.writable(scope_path).filter(paid_on__gte=day.replace(day=1), paid_on__lte=day)
        return of_month.select_related("division")

    def whereabouts(self, record: Payment) -> str:
        """See RegisterSheet.whereabouts."""
        return record.division.name

    def writable(self, scope_path: str) -> QuerySet[Payment]:
        """See RegisterSheet.writable."""
        return Payment.objects.filter(Payment.in_subtree(scope_path)).order_by("paid_on", "voucher", "id")

    def entries(self, records: QuerySet, scope_path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """See RegisterSheet.entries."""
        today = Division.objects.standing_for_closed()
        also = (
            *("division_id", "division__level", "division__name", "division__parent__name"),
            *("used_in__name", "used_in__code", "project__number"),
        )
        own = {"": self.columns_of(Payment)}
        for key, entry, (division, level, name, above, community, code, number) in read_entries(records, own, *also):
            place = place_values(division, level, name, above, community, code, today=today)
            yield key, entry | place | {"project_number": number or ""}


class _Accounts:
    """What is paid for each project while the rows of a file are gone through.

    The records that rows change are left out at first, and entered as the rows say: so that a file that lowers one
    instalment and raises another is judged by what it comes to.
    """

    def __init__(self, projects: Mapping[int, ServiceProject], changed: Sequence[Payment]) -> None:
        """Load the payments and acceptances of projects, by key."""
        self.paid: dict[int, Decimal] = defaultdict(Decimal)
        self._vouchers: dict[tuple[int, int], str] = {}
        self._accepted_on: dict[int, datetime.date] = {}
        going = {payment.pk for payment in changed}
        for batch in in_batches(sorted(projects)):
            known = Payment.objects.filter(project__in=batch).order_by()
            for key, *entry in known.values_list("pk", "project_id", "amount", "instalment", "voucher"):
                if key not in going:
                    self.enter(*entry)
            acceptances = Review.objects.filter(project__in=batch, kind=Review.Kind.ACCEPTANCE).order_by()
            self._accepted_on |= dict(
                acceptances.values("project_id").annotate(day=Min("reviewed_on")).values_list("project_id", "day")
            )

    def enter(self, project: int, amount: Decimal, instalment: int | None, voucher: str) -> None:
        """Enter a payment into the account of a project."""
        self.paid[project] += amount
        if instalment is not None:
            self._vouchers[project, instalment] = voucher

    def keep(self, payment: Payment) -> None:
        """Enter a payment as it is registered."""
        if payment.project_id is not None:
            self.enter(payment.project_id, payment.amount, payment.instalment, payment.voucher)

    def voucher_of(self, project: int, instalment: int) -> str | None:
        """Return the voucher of an instalment of a project; None while it is not paid."""
        return self._vouchers.get((project, instalment))

    def is_accepted(self, project: int, day: datetime.date) -> bool:
        """Return whether a project has been accepted by a day."""
        accepted = self._accepted_on.get(project)
        return accepted is not None and accepted <= day
