"""The base of all records of registers, with an opaque public id and a version; and conditions on validity dates."""

from __future__ import annotations

import base64
import datetime
import secrets
from functools import cache
from typing import Any, ClassVar, Self

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import Combinable
from django.urls import get_script_prefix, reverse

# The first day of every fact whose real first day is unknown (validity columns are never null).
BEGINNING = datetime.date(1949, 10, 1)


def new_ref() -> str:
    """Return a random public id of 13 lower-case letters and digits (65 bits); safe in URLs and in spreadsheets."""
    return base64.b32encode(secrets.token_bytes(9))[:13].decode().lower()


class Record(models.Model):
    """A row that people refer to: `ref` is used in URLs, templates and exports, `version` prevents lost updates.

    `record_page` is the URL name of its page, which takes the ref; "" for records without a page. Every address of a
    record comes from here.
    """

    record_page: ClassVar[str] = ""

    ref = models.CharField("记录编号", max_length=13, unique=True, editable=False, default=new_ref)
    version = models.PositiveIntegerField("版本", default=1, editable=False)

    class Meta:
        abstract = True

    def get_absolute_url(self) -> str:
        """Return the address of the record's page; "" where there is none."""
        return self.url_of(self.ref)

    def belongs_to(self) -> Any:
        """Return the division that the record belongs to: its community's town, or the one it names; None without any."""
        community = getattr(self, "community", None)
        return community.town if community is not None else getattr(self, "division", None)

    @classmethod
    def url_of(cls, ref: str) -> str:
        """Return the address of the page of the record with this ref, for rows of values; "" where there is none."""
        if not (cls.record_page and ref):
            return ""
        before, after = _around_ref(cls.record_page, get_script_prefix())
        return f"{before}{ref}{after}"


_ANY_REF = "any-ref"


@cache
def _around_ref(page: str, prefix: str) -> tuple[str, str]:
    """Return what stands before and after the ref in the addresses of a page; lists have hundreds of them.

    `prefix` is where the portal is served, which `reverse` looks at.
    """
    before, _, after = reverse(page, args=[_ANY_REF]).partition(_ANY_REF)
    return before, after


def field_of(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    """Return a model's own field; raises FieldDoesNotExist, also for a relation of another model to this one."""
    field = model._meta.get_field(name)
    if not isinstance(field, models.Field):
        raise FieldDoesNotExist(f"{model._meta.label}.{name} is no field of its own.")
    return field


def in_effect(day: datetime.date | Combinable, start: str, end: str) -> Q:
    """Return the condition that a dated fact is valid on `day`: it has begun by then and not ended.

    A fact whose end date is `day` has ended (docs/domain.md §5). `start` and `end` are field lookups; `end` may be
    null.
    """
    return Q(**{f"{start}__lte": day}) & (Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gt": day}))


def not_ended(day: datetime.date, end: str) -> Q:
    """Return the condition that a dated fact has not ended by `day`; a fact that begins later has not."""
    return Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gt": day})


class DatedQuerySet(models.QuerySet):
    """Queryset of rows that are valid from one day to another; the model names its two columns in `dated_by`."""

    def in_effect_on(self, day: datetime.date) -> Self:
        """Filter for the rows that are valid on `day`."""
        return self.filter(in_effect(day, *self.model.dated_by))


class UnmergedManager(models.Manager):
    """Manager of the records that stand: one that was merged into another is in no list, count, export or look-up."""

    def get_queryset(self) -> models.QuerySet:
        """Return the records that were not merged into another."""
        return super().get_queryset().filter(merged_into__isnull=True)


class MergeableRecord(Record):
    """A record that may turn out to be a duplicate, and is then merged into another one (docs/domain.md §4.11).

    The duplicate is kept for its history, but `objects`, and with it every relation to it, leaves it out; `with_merged`
    is for its own page, for its undoing, and for uploads that still name it. A model declares both managers, `objects`
    first, since Django takes the first for relations.
    """

    merged_into_id: int | None
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged_records", verbose_name="已并入"
    )

    class Meta:
        abstract = True


class FollowsCommunity(models.Model):
    """A record of a community that goes to the successor when the community is merged, split or closed.

    A dated record (`dated_by`) of which a day is still to come moves to the successor. A link without days, such as that
    of a project to a community it serves, is added to the successor and stays with the closed community as its past.
    """

    class Meta:
        abstract = True


def followers() -> list[Any]:
    """Return the models whose records follow their community, in the apps' order."""
    return [model for model in apps.get_models() if issubclass(model, FollowsCommunity)]


def merge_constraints(name: str, end: str) -> tuple[models.CheckConstraint, ...]:
    """Return the constraints of a mergeable model whose records end with the date `end`; `name` begins their names.

    That a record is never merged into a merged one cannot be said of one row: `changelog.actions.merge` sees to it.
    """
    return (
        not_merged_into_itself(name),
        models.CheckConstraint(
            condition=Q(merged_into__isnull=True) | Q(**{f"{end}__isnull": False}),
            name=f"merged_{name}_has_ended",
            violation_error_message="已并入别处的记录应有结束日期。",
        ),
    )


def not_merged_into_itself(name: str) -> models.CheckConstraint:
    """Return the constraint that a record is not merged into itself; `name` begins its name."""
    return models.CheckConstraint(
        condition=~Q(merged_into=F("id")),
        name=f"{name}_not_merged_into_itself",
        violation_error_message="记录不能并入它自己。",
    )


def exactly_one_of(*names: str) -> Q:
    """Return the condition that exactly one of the nullable columns is set; for check constraints."""
    condition = Q()
    for chosen in names:
        condition |= Q(**{f"{name}__isnull": name != chosen for name in names})
    return condition


def not_before(end: str, start: str) -> Q:
    """Return the condition that a nullable end date is not before its start date; for check constraints."""
    return Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gte": F(start)})
