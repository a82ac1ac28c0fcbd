"""Helpers for edits of registers through the change log, and for the rows of a locked month."""

from django.db import transaction

from changelog.actions import apply_writes, reverse_change_set
from changzhi_portal.registers.writes import propose
from communities.models import Community, CommunityPlacement, CommunityProfile, Facility
from orgs.models import SocialOrganization
from revisions.models import LockedChange
from socialworkers.models import Posting, SocialWorker
from targets.models import CommunityMeasure, DivisionMeasure, TargetResult

MEASURES = (CommunityMeasure, DivisionMeasure, TargetResult)


class Office:
    """Edits of registers by a user, each in its own change set."""

    def __init__(self, user):
        self.user = user
        self.rows = 0

    def change(self, instance, **values):
        """Change a record; return None if nothing differs."""
        return self._write(propose(instance, values, division_id=self.user.division_id, is_new=False))

    def add(self, instance, **values):
        """Add a record with the values of a sheet's row."""
        return self._write(propose(instance, values, division_id=self.user.division_id, is_new=True))

    def undo(self, change_set):
        """Reverse a change set, as undoing its upload does."""
        models = [SocialWorker, Posting, SocialOrganization, Facility, CommunityProfile, CommunityPlacement, Community]
        with transaction.atomic():
            return reverse_change_set(change_set, by=self.user, models_in_order=models).change_set

    def _write(self, write):
        if write is None:
            return None
        self.rows += 1
        write.batch_row = self.rows
        with transaction.atomic():
            return apply_writes(
                [write],
                models_in_order=[type(write.instance)],
                by=self.user,
                division=self.user.division,
                summary="更正",
            )


def records_of(change_set):
    return set(change_set.records.values_list("pk", flat=True))


def causes(change):
    return set(change.causes.values_list("pk", flat=True))


def all_causes(period):
    return set(LockedChange.objects.of_period(period).values_list("causes", flat=True)) - {None}


def rows_of(period, keys=True):
    """Return all rows of the month; without keys, their values."""
    return [
        sorted(
            tuple(map(repr, row)) for row in model.objects.filter(period=period).values_list(*columns_of(model, keys))
        )
        for model in MEASURES
    ]


def columns_of(model, keys=False):
    return [
        column.attname
        for column in model._meta.concrete_fields
        if keys or not (column.primary_key or column.attname == "period_id")
    ]
