"""Targets that judge a figure of divisions, for tests of the engine and of everything that shows them."""

from __future__ import annotations

from decimal import Decimal

from targets.models import Target, TargetPlan

CODE = "covered_target"


def unsaved(figure="covered", at_least=None, at_most=None, plan="2020", **values):
    """Return a target of a declared figure for the current version of a plan."""
    bounds = {"at_least": at_least, "at_most": at_most}
    return Target(
        **{
            "plan": TargetPlan.objects.get(code=plan, is_current=True),
            "code": CODE,
            "position": 90,
            "short_name": "设施覆盖",
            "name": "每个县（市、区）的设施覆盖率",
            "clause": "四（一）2",
            "level": "county",
            "indicator": f"figure.{figure}",
            "unit": "%",
            **{name: None if bound is None else Decimal(bound) for name, bound in bounds.items()},
            **values,
        }
    )


def figure_target(*args, **values):
    """Save such a target, with everything that the database checks."""
    target = unsaved(*args, **values)
    target.save()
    return target
