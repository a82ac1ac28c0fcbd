"""The tables of facts: measures and results of a month, what they refer to, and the registers without personal data.

Columns come from what the registers and indicators declare. Of a register's texts only those named here are given out, so that one
that is added stays inside until somebody has looked at it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from django.db.models import CharField, DateField, DecimalField, IntegerField, Model, QuerySet

from changzhi_portal.indicators import CountedFigure, counted_registers
from changzhi_portal.records import field_of
from changzhi_portal.registers.columns import (
    BooleanColumn,
    ChoiceColumn,
    Column,
    CreditCodeColumn,
    DateColumn,
    DecimalColumn,
    IntegerColumn,
    MonthColumn,
    PlaceCodeColumn,
)
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import registers
from communities.models import Division
from periods.models import ReportingPeriod
from targets.models import CommunityMeasure, DivisionMeasure, Target, TargetResult

Kind = Literal["string", "integer", "number", "boolean", "date"]
CHUNK: Final = 2_000
# The texts of each register that say nothing of a person. Notes may say anything.
_PLACES: Final = frozenset({"ref", "county", "town", "community_name"})
PUBLIC_TEXTS: Final[Mapping[str, frozenset[str]]] = {
    "communities": _PLACES,
    "facilities": _PLACES | {"name"},
    "points": _PLACES | {"name"},
    "monthly": _PLACES,
    "organizations": _PLACES | {"name", "filing_number"},
    "projects": _PLACES | {"number", "name", "buyer", "provider_name", "communities", "catalogue_code"},
    "catalogue": _PLACES | {"code", "name", "finance_code"},
    "reviews": _PLACES | {"project_number"},
    "payments": _PLACES | {"voucher", "project_number"},
    "trainings": _PLACES | {"number", "name"},
    "supports": _PLACES | {"organization"},
    "activities": _PLACES | {"title", "organization", "project"},
    "surveys": _PLACES | {"survey", "question"},
    "work_items": _PLACES | {"number", "name", "department_name", "basis"},
    "assessments": _PLACES,
    "documents": _PLACES | {"number", "title"},
}
# Registers that are not given out row by row.
WITHHELD: Final[Mapping[str, str]] = {
    "workers": "each row is about a person; their numbers are in the measures",
    "training_records": "each row is about a person; how many people were trained is in the trainings",
}


@dataclass(frozen=True)
class FactColumn:
    """A column: its name, its type in words of Frictionless Table Schema, what it says, and the decimals of a number."""

    name: str
    kind: Kind
    label: str
    decimals: int = 2


@dataclass(frozen=True)
class FactTable:
    """A table: `rows` yields the values of the columns in their order; `key` names the columns that tell rows apart."""

    name: str
    title: str
    columns: tuple[FactColumn, ...]
    key: tuple[str, ...]
    rows: Callable[[], Iterator[tuple[Any, ...]]]


def fact_tables(period: ReportingPeriod) -> list[FactTable]:
    """Return the tables of a month. Registers and divisions are as they stand now, with the days from and to which they hold."""
    return [
        _divisions(),
        _targets(period),
        _measures("community_measures", "各社区的测算值", CommunityMeasure, period),
        _measures("division_measures", "各区划的测算值", DivisionMeasure, period),
        _results(period),
        *(_register(sheet()) for sheet in registers() if sheet.name in PUBLIC_TEXTS),
    ]


# --- Tables of models ---


def _kind_of(model: type[Model], lookup: str) -> tuple[Kind, int]:
    """Return the type of the field that a lookup leads to, and the decimals of a number."""
    *way, last = lookup.split("__")
    for name in way:
        model = field_of(model, name).related_model  # type: ignore[assignment]
    field = field_of(model, last)
    if isinstance(field, DecimalField):
        return "number", field.decimal_places or 0
    if isinstance(field, IntegerField):
        return "integer", 0
    if isinstance(field, DateField):
        return "date", 0
    return ("string", 0) if isinstance(field, CharField) else ("boolean", 0)


def _table(
    name: str,
    title: str,
    rows: QuerySet,
    columns: Mapping[str, tuple[str, str]],
    key: tuple[str, ...],
    period: ReportingPeriod | None = None,
) -> FactTable:
    """Return a table of a queryset; `columns` gives a lookup and a label by name. With `period` it begins with the month."""
    month = (FactColumn("period", "string", "统计月"),) if period is not None else ()
    typed = []
    for column, (lookup, label) in columns.items():
        kind, decimals = _kind_of(rows.model, lookup)
        typed.append(FactColumn(column, kind, label, decimals))
    lookups = [lookup for lookup, _ in columns.values()]
    before = (period.code,) if period is not None else ()

    def values() -> Iterator[tuple[Any, ...]]:
        for row in rows.values_list(*lookups).iterator(chunk_size=CHUNK):
            yield (*before, *row)

    return FactTable(name, title, (*month, *typed), key, values)


def _divisions() -> FactTable:
    columns = {
        "code": ("code", "代码"),
        "name": ("name", "名称"),
        "level": ("level", "级别：city、county、town"),
        "parent_code": ("parent__code", "上级代码"),
        "is_urban_district": ("is_urban_district", "市辖区"),
        "valid_from": ("valid_from", "起"),
        "valid_to": ("valid_to", "止；空为现行"),
    }
    return _table("divisions", "区划", Division.objects.order_by("code", "valid_from"), columns, ("code", "valid_from"))


def _targets(period: ReportingPeriod) -> FactTable:
    judged = TargetResult.objects.for_period(period).order_by().values("target")
    columns = {
        "plan": ("plan__code", "方案"),
        "plan_version": ("plan__version", "方案版本"),
        "target": ("code", "目标代码"),
        "name": ("name", "名称"),
        "level": ("level", "测评单位：community、county、town、city"),
        "indicator": ("indicator", "指标"),
        "aggregate": ("aggregate", "汇总方式"),
        "at_least": ("at_least", "下限，含本数"),
        "at_most": ("at_most", "上限，含本数"),
    }
    rows = Target.objects.filter(pk__in=judged).order_by("position")
    return _table("targets", "本月判定所依据的目标", rows, columns, ("target",))


def _results(period: ReportingPeriod) -> FactTable:
    columns = {"target": ("target__code", "目标代码"), "division_code": ("division__code", "区划代码")}
    names = ("judged", "met", "over", "unmet", "not_applicable", "unknown", "rate", "gap", "value", "verdict")
    columns |= {name: (name, str(field_of(TargetResult, name).verbose_name)) for name in names}
    rows = TargetResult.objects.for_period(period).order_by("target__position", "division__code")
    return _table("results", "目标结果", rows, columns, ("period", "target", "division_code"), period)


def _measures(name: str, title: str, model: Any, period: ReportingPeriod) -> FactTable:
    """Return the measures of a month: place, population and every figure that is declared, whichever column has it."""
    is_of_communities = model is CommunityMeasure
    if is_of_communities:
        places = {
            "community_code": ("code", "社区代码"),
            "community_name": ("name", "社区名称"),
            "kind": ("kind", "类型：urban城市社区、rural农村社区"),
            "county_code": ("county__code", "县（市、区）代码，当月"),
            "town_code": ("town__code", "街道（乡镇）代码，当月"),
            "households": ("households", "户数"),
            "residents": ("residents", "常住人口"),
        }
        key = ("period", "community_code")
    else:
        places = {"division_code": ("division__code", "区划代码")}
        key = ("period", "division_code")
    rows = model.objects.for_period(period).order_by(places[key[1]][0], "pk")
    own = {field.name for field in model._meta.concrete_fields}
    figures = list(_figures(is_of_communities=is_of_communities))
    base = _table(name, title, rows, places, key, period)
    typed = tuple(
        FactColumn(figure.name, "number" if figure.has_decimals else "integer", figure.label) for figure in figures
    )
    lookups = [lookup for lookup, _ in places.values()]
    stored = [figure.name for figure in figures if figure.name in own]

    def values() -> Iterator[tuple[Any, ...]]:
        for *placed, others in rows.values_list(*lookups, *stored, "figures").iterator(chunk_size=CHUNK):
            known = dict(zip(stored, placed[len(lookups) :], strict=True)) | others
            counted = [_figure(known.get(figure.name), figure) for figure in figures]
            yield (period.code, *placed[: len(lookups)], *counted)

    return FactTable(name, title, (*base.columns, *typed), key, values)


def _figures(*, is_of_communities: bool) -> Iterator[CountedFigure]:
    for register in counted_registers():
        yield from register.community_figures if is_of_communities else register.division_figures


def _figure(value: Any, figure: CountedFigure) -> Any:
    """Return a figure of its type; those of the JSON column are texts where they have decimals."""
    if value is None:
        return None
    return Decimal(str(value)) if figure.has_decimals else int(value)


# --- Registers ---


def _register(sheet: RegisterSheet) -> FactTable:
    """Return the records of a register as they stand, without what is personal."""
    columns = [column for column in sheet.columns if _is_public(sheet.name, column)]
    typed = tuple(FactColumn(column.field, _kind_of_column(column), column.header) for column in columns)
    path = Division.objects.filter(level=Division.Level.CITY).order_by("pk").values_list("path", flat=True)[0]

    def values() -> Iterator[tuple[Any, ...]]:
        records = sheet.model.objects.order_by("pk")
        for _, entry in sheet.entries(records, path):
            yield tuple([_plain(entry.get(column.field), column) for column in columns])

    return FactTable(sheet.name, sheet.title, typed, ("ref",), values)


def _is_public(register: str, column: Column) -> bool:
    if column.is_personal:
        return False
    kinds = (
        *(IntegerColumn, DecimalColumn, DateColumn, MonthColumn, BooleanColumn),
        *(ChoiceColumn, CreditCodeColumn, PlaceCodeColumn),
    )
    return isinstance(column, kinds) or column.field in PUBLIC_TEXTS[register]


def _kind_of_column(column: Column) -> Kind:
    kinds: tuple[tuple[type[Column], Kind], ...] = (
        (IntegerColumn, "integer"),
        (DecimalColumn, "number"),
        (DateColumn, "date"),
        (MonthColumn, "date"),
        (BooleanColumn, "boolean"),
    )
    return next((name for kind, name in kinds if isinstance(column, kind)), "string")


def _plain(value: Any, column: Column) -> Any:
    if value is None or value == "":
        return None
    kind = _kind_of_column(column)
    if kind == "string":
        return "、".join(map(str, value)) if isinstance(value, list | tuple | set) else str(value)
    return bool(value) if kind == "boolean" else value
