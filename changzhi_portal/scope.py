"""Scope: every role sees its own division's subtree and nothing else (docs/domain.md §1; docs/architecture.md, decision 4).

Divisions form one tree with an indexed `path` ("140400/140402/140402001/"), so a subtree is one prefix.
A scoped model says how its rows reach a division (`scope_lookups`); the rule itself stands here, once.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q


def scope_path_of(user: Any) -> str | None:
    """The path of the division whose subtree `user` may see; None when the user may see nothing.

    Anonymous and inactive users, and users without a division, see nothing: the scope fails closed.
    """
    if user is None or not getattr(user, "is_authenticated", False) or not user.is_active:
        return None
    division = getattr(user, "division", None)
    return division.path if division is not None and division.path else None


def lie_within(office: Any, division_ids: Collection[int]) -> bool:
    """Tell whether all divisions with these keys lie in the subtree of `office`, a division."""
    inside = type(office)._default_manager.filter(pk__in=division_ids, path__startswith=office.path)
    return inside.count() == len(set(division_ids))


class ScopedQuerySet(models.QuerySet):
    """A QuerySet that can be cut to what one user may see."""

    def visible_to(self, user: Any) -> Self:
        """The rows in the division subtree of `user`; none for a user without a division."""
        path = scope_path_of(user)
        return self.none() if path is None else self.filter(self.model.in_subtree(path))

    def within(self, division: Any) -> Self:
        """The rows in the subtree of `division`, whoever looks; combine with `visible_to` on every way out."""
        return self.filter(self.model.in_subtree(division.path))


class ScopedModel(models.Model):
    """A model whose rows belong to divisions.

    `scope_lookups` names the relations that lead to the division, e.g. ("community__town", "division") for a
    record that hangs either at a community or directly at a town or county; "" for the division itself.
    """

    scope_lookups: ClassVar[tuple[str, ...]] = ()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def in_subtree(cls, path: str, *, prefix: str = "") -> Q:
        """The condition that a row lies in the subtree whose path is `path`; `prefix` leads to this model."""
        if not path or not cls.scope_lookups:
            raise ValueError(f"{cls.__name__} needs scope_lookups and a path to be cut to a scope.")
        condition = Q()
        for lookup in cls.scope_lookups:
            steps = [step for step in (prefix, lookup, "path", "startswith") if step]
            condition |= Q(**{"__".join(steps): path})
        return condition
