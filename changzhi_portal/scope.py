"""Scope: every role sees the subtree of its own division only (docs/domain.md §1; docs/architecture.md, decision 4).

Divisions form one tree with an indexed `path` ("140400/140402/140402001/"), so a subtree is one prefix. A scoped model
declares how its rows lead to a division (`scope_lookups`); the rule itself is implemented only here.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from changzhi_portal.rights import Area, Viewer


def scope_path_of(user: Viewer) -> str | None:
    """Return the path of the division whose subtree `user` may see; None when the user may see nothing.

    Anonymous and inactive users, and users without a division, see nothing.
    """
    if user is None or isinstance(user, AnonymousUser) or not user.is_authenticated or not user.is_active:
        return None
    # A user that is being created may not have a division yet.
    division = getattr(user, "division", None)
    return division.path if division is not None and division.path else None


def paths_above(path: str) -> list[str]:
    """Return the paths of a division and of all divisions above it: "a/" and "a/b/" for "a/b/"."""
    steps = path.rstrip("/").split("/")
    return ["/".join(steps[:length]) + "/" for length in range(1, len(steps) + 1)]


def lie_within(office: Area, division_ids: Collection[int]) -> bool:
    """Return whether all divisions with these keys are in the subtree of the division `office`."""
    inside = type(office)._default_manager.filter(  # type: ignore[attr-defined]  # a model
        pk__in=division_ids, path__startswith=office.path
    )
    return inside.count() == len(set(division_ids))


class ScopedQuerySet(models.QuerySet):
    """A queryset that can be limited to what one user may see."""

    def visible_to(self, user: Viewer) -> Self:
        """Filter for the rows in the subtree of the user's division; none for a user without a division."""
        path = scope_path_of(user)
        return self.none() if path is None else self.filter(self.model.in_subtree(path))

    def within(self, division: Area) -> Self:
        """Filter for the rows in the subtree of `division`; what a user gets must be limited by `visible_to` as well."""
        return self.filter(self.model.in_subtree(division.path))


class ScopedModel(models.Model):
    """A model whose rows belong to divisions.

    `scope_lookups` names the relations that lead to the division, e.g. ("community__town", "division") for a record
    that belongs either to a community or directly to a town or county; "" for the division itself.
    """

    scope_lookups: ClassVar[tuple[str, ...]] = ()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def in_subtree(cls, path: str, *, prefix: str = "") -> Q:
        """Return the condition that a row is in the subtree of `path`; `prefix` is a lookup that leads to this model."""
        if not path or not cls.scope_lookups:
            raise ValueError(f"{cls.__name__} needs scope_lookups and a path to be limited to a scope.")
        condition = Q()
        for lookup in cls.scope_lookups:
            steps = [step for step in (prefix, lookup, "path", "startswith") if step]
            condition |= Q(**{"__".join(steps): path})
        return condition
