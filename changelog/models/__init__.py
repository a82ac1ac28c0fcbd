"""The change log (docs/architecture.md, decision 6), and the trail: who did and saw what. Import from here."""

from changelog.models.changes import LONGEST_REASON, SYSTEM_USER, ChangeRecord, ChangeRecordQuerySet, ChangeSet
from changelog.models.distinct import DistinctPair
from changelog.models.locks import RegisterLock, RegisterLockQuerySet
from changelog.models.logged_values import logged_at, logged_value, sealed_kinds
from changelog.models.trail import TrailKind, TrailRecord, TrailRecordQuerySet, TrailSeal

__all__ = [
    "LONGEST_REASON",
    "SYSTEM_USER",
    "ChangeRecord",
    "ChangeRecordQuerySet",
    "ChangeSet",
    "DistinctPair",
    "RegisterLock",
    "RegisterLockQuerySet",
    "TrailKind",
    "TrailRecord",
    "TrailRecordQuerySet",
    "TrailSeal",
    "logged_at",
    "logged_value",
    "sealed_kinds",
]
