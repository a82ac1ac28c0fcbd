"""The indicators: what the portal can count, and from which register (docs/domain.md §5).

A `Register` says how its rows are counted: aggregates of the rows in effect on a day, one per column of a measure.
An `Indicator` names the columns that make up a figure, and the dimension a plan's counting rule may choose from.
A new indicator is one declaration here, and a column of the measure where it counts something new.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Any

from django.db.models import Count, F, Max, Model, Q, QuerySet, Sum
from django.db.models.expressions import Combinable, Func
from django.db.models.functions import Round

from changzhi_portal.refusals import InvalidError
from communities.models import CommunityProfile, Facility
from orgs.models import SocialOrganization
from socialworkers.models import Posting, SocialWorker

Columns = Mapping[str, Func]
# What a plan stores: per dimension the values that count, e.g. {"registration": ["registered"]}.
CountingRule = Mapping[str, list[str]]


@dataclass(frozen=True)
class Register:
    """A register, and the columns of the measures that it fills.

    `community_columns` are counted from the rows of each community; `division_columns` from all rows of a town,
    county or city. `at_divisions`: rows may hang at a town or county instead of a community.
    """

    code: str
    model: type[Model]
    community_columns: Columns
    division_columns: Columns = field(default_factory=dict)
    at_divisions: bool = False
    through: str = ""

    @property
    def columns(self) -> Columns:
        """Every column that the register fills, of either measure."""
        return {**self.community_columns, **self.only_of_divisions}

    def by_community(self, day: datetime.date) -> QuerySet[Any, dict[str, Any]]:
        """`community_id` and the community columns, for every community with a row in effect on `day`."""
        rows = self._rows().in_effect_on(day).filter(community__isnull=False)
        return rows.values("community_id").annotate(**self.community_columns)

    def by_place(self, day: datetime.date) -> QuerySet[Any, dict[str, Any]]:
        """`community_id`, `division_id` (one is null) and the columns, for every place with a row in effect on `day`."""
        return self._rows().in_effect_on(day).values(*self._place).annotate(**self.columns)

    def by_row(self, day: datetime.date) -> QuerySet[Any, dict[str, Any]]:
        """`row_id`, its place, and what each row in effect on `day` adds by itself to every column of the measures."""
        # Not the bare key: grouped by that, PostgreSQL would ask for a table that has it as its primary key.
        rows = self._rows().in_effect_on(day).values(*self._place, row_id=F("pk") + 0)
        return rows.annotate(**self.columns)

    @property
    def only_of_divisions(self) -> Columns:
        """The division columns that communities do not have."""
        return {name: each for name, each in self.division_columns.items() if name not in self.community_columns}

    def other_communities(self, day: datetime.date) -> QuerySet[Any, dict[str, Any]]:
        """Every `community_id` with a row that is not in effect on `day`."""
        return self._not_in_effect_on(day).filter(community__isnull=False).values("community_id").distinct()

    def other_divisions(self, day: datetime.date) -> QuerySet[Any, dict[str, Any]]:
        """Every `division_id` with a row of its own that is not in effect; only where rows may hang `at_divisions`."""
        return self._not_in_effect_on(day).filter(division__isnull=False).values("division_id").distinct()

    def _not_in_effect_on(self, day: datetime.date) -> Any:
        start, end = self.model.dated_by  # type: ignore[attr-defined]
        return self._rows().filter(Q(**{f"{start}__gt": day}) | Q(**{f"{end}__lte": day}))

    @property
    def _place(self) -> tuple[str, ...]:
        return ("community_id", "division_id") if self.at_divisions else ("community_id",)

    def _rows(self) -> Any:
        # Without the model's ordering, which has no business in a grouped subquery.
        return self.model._default_manager.order_by()


@dataclass(frozen=True)
class Indicator:
    """A figure that a target may judge.

    `columns` are the columns of the measure it is the sum of, by the value of `dimension` that each stands for;
    an indicator that is one column has no dimension. `unit`: what it is counted in. `is_of_divisions`: the columns are
    DivisionMeasure's. `has_decimals`: it is measured (an area), not counted.
    """

    code: str
    name: str
    register: Register
    columns: Mapping[str, str]
    unit: str
    dimension: str = ""
    is_of_divisions: bool = False
    has_decimals: bool = False

    def columns_counted(self, rule: CountingRule) -> list[str]:
        """The columns that count under `rule`; a dimension the rule does not name counts whole.

        Raises InvalidError for a rule that names an unknown dimension or value, or leaves nothing to count.
        """
        allowed = {self.dimension: self.columns} if self.dimension else {}
        for dimension, values in rule.items():
            unknown = [dimension] if dimension not in allowed else [v for v in values if v not in self.columns]
            if unknown or not values:
                raise InvalidError(
                    f"“{self.name}”的计数规则不对：{'、'.join(unknown) or '没有选择任何取值'}，请改正后再保存。",
                    cure=f"The counting rule {dict(rule)!r} does not fit the indicator {self.code}, which knows "
                    f"{ {name: list(columns) for name, columns in allowed.items()} }.",
                    field="counting_rule",
                )
        return [self.columns[value] for value in rule.get(self.dimension, self.columns)]

    def figure(self, rule: CountingRule) -> Combinable:
        """The figure as an expression over a measure's row; NULL when the register is not reported."""
        return reduce(add, [F(column) for column in self.columns_counted(rule)])


def _number_of(condition: Q) -> Count:
    return Count("pk", filter=condition)


def newest_profiles(day: datetime.date) -> QuerySet[Any, dict[str, Any]]:
    """Per `community_id` the newest days by `day` with known residents (`residents_on`) and `households_on`.

    Profiles dated later are not known yet; a profile that leaves a figure blank does not replace an older one.
    """
    profiles = CommunityProfile.objects.order_by().filter(as_of__lte=day).values("community_id")
    return profiles.annotate(
        residents_on=Max("as_of", filter=Q(residents__isnull=False)),
        households_on=Max("as_of", filter=Q(households__isnull=False)),
    )


FACILITIES = Register(
    code="facilities",
    model=Facility,
    community_columns={
        # Rounded to the column's scale, because SQLite adds decimals as floats: three areas that make 500.00 meet 500.
        "facility_area": Round(Sum("area", filter=Q(kind=Facility.Kind.INTEGRATED)), precision=2),
        "facilities": _number_of(Q(kind=Facility.Kind.INTEGRATED)),
    },
)

_OF_REGISTRATION = {value: Q(registration=value) for value in SocialOrganization.Registration.values}

ORGANIZATIONS = Register(
    code="organizations",
    model=SocialOrganization,
    at_divisions=True,
    community_columns={
        f"organizations_{value}": _number_of(condition) for value, condition in _OF_REGISTRATION.items()
    },
    division_columns={
        f"agencies_{value}": _number_of(condition & Q(is_social_work_agency=True))
        for value, condition in _OF_REGISTRATION.items()
    },
)

# 专业人才: any certificate level, or a social-work degree alone (docs/domain.md §4).
_OF_LEVEL = {
    "degree_only": Q(worker__level=SocialWorker.Level.NONE, worker__has_social_work_degree=True),
    "assistant": Q(worker__level=SocialWorker.Level.ASSISTANT),
    "social_worker": Q(worker__level=SocialWorker.Level.SOCIAL_WORKER),
    "senior": Q(worker__level=SocialWorker.Level.SENIOR),
}
_WORKER_COLUMNS: Columns = {
    "workers": Count("pk"),
    "community_workers": _number_of(Q(is_community_worker=True)),
    **{f"professionals_{level}": _number_of(condition) for level, condition in _OF_LEVEL.items()},
}

POSTINGS = Register(
    code="workers",
    model=Posting,
    at_divisions=True,
    through="worker",
    community_columns=_WORKER_COLUMNS,
    division_columns=_WORKER_COLUMNS,
)

REGISTERS = (FACILITIES, ORGANIZATIONS, POSTINGS)

_ALL = (
    Indicator("facility_area", "综合服务设施面积", FACILITIES, {"": "facility_area"}, "㎡", has_decimals=True),
    Indicator("facilities", "综合服务设施数", FACILITIES, {"": "facilities"}, "处"),
    Indicator(
        "organizations",
        "社区社会组织数",
        ORGANIZATIONS,
        {value: f"organizations_{value}" for value in _OF_REGISTRATION},
        "个",
        dimension="registration",
    ),
    Indicator(
        "agencies",
        "民办社会工作服务机构数",
        ORGANIZATIONS,
        {value: f"agencies_{value}" for value in _OF_REGISTRATION},
        "家",
        dimension="registration",
        is_of_divisions=True,
    ),
    Indicator("workers", "在岗社会工作者数", POSTINGS, {"": "workers"}, "人"),
    Indicator("community_workers", "社区工作者数", POSTINGS, {"": "community_workers"}, "名"),
    Indicator(
        "professionals",
        "社会工作专业人才数",
        POSTINGS,
        {level: f"professionals_{level}" for level in _OF_LEVEL},
        "名",
        dimension="level",
    ),
)
INDICATORS: Mapping[str, Indicator] = {indicator.code: indicator for indicator in _ALL}
PROFESSIONALS = INDICATORS["professionals"]


def indicator_named(code: str) -> Indicator:
    """The indicator with this code. Raises InvalidError for an unknown one."""
    if code not in INDICATORS:
        raise InvalidError(
            f"没有名为“{code}”的指标，请在方案中选择已有的指标。",
            cure=f"There is no indicator {code!r}. Choose one of {', '.join(INDICATORS)}.",
            field="indicator",
        )
    return INDICATORS[code]
