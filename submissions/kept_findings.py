"""Findings of pages, kept in the cache until the registers change.

All rules together ask every register, which takes a second in a large city, while the registers change a few times an
hour. So counts and pages of findings are kept under a stamp of what they were found in: the change sets, the
computations (a rule compares with the figures of the month before) and the changes of divisions. Steps that decide
something, such as 上报, ask the registers anew (`submissions.checks.findings_for`).

What is kept holds names of records and of places, no personal numbers.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields

from django.db.models import Count, Max, Q

from changelog.models import ChangeSet
from changzhi_portal.kept import kept
from changzhi_portal.quality import Finding, rule_named
from changzhi_portal.rights import Actor
from communities.models import Division, DivisionChange
from periods.models import ReportingPeriod
from submissions.checks import Findings, findings_for
from targets.models import Computation


def kept_findings_for(*, period: ReportingPeriod, division: Division, user: Actor) -> Findings:
    """Return the findings as `findings_for` does, but read from the cache as long as nothing has changed."""
    live = findings_for(period=period, division=division, user=user)
    stamp = _stamp()
    if not stamp:
        return live
    parts = {each.name: getattr(live, each.name) for each in fields(live)}
    scope = f"{user.division.path}:{user.role}"
    # The occasion is everything that rules are told, so a bound that is changed is part of the key.
    occasion = hashlib.sha256(repr(live.occasion).encode()).hexdigest()
    return KeptFindings(**parts, key=f"findings:{stamp}:{occasion}:{division.pk}:{scope}")


@dataclass(frozen=True)
class KeptFindings(Findings):
    """Findings whose counts and pages are kept under `key`."""

    key: str = ""

    def _count(self) -> dict[str, int]:
        return kept(f"{self._key}:counts", super()._count)

    def _page(self, chosen: slice) -> list[Finding]:
        rows = kept(
            f"{self._key}:{chosen.start}-{chosen.stop}",
            lambda: [
                (found.rule.code, found.ref, found.label, found.message, found.path, found.place)
                for found in super(KeptFindings, self)._page(chosen)
            ],
        )
        return [Finding(rule_named(code), *values) for code, *values in rows]

    @property
    def _key(self) -> str:
        """Return the key, with the rule or the kind of rules that these findings are narrowed to."""
        codes = {rule.code for rule in self.rules}
        only = next(iter(codes)) if len(codes) == 1 else "-".join(sorted({rule.severity for rule in self.rules}))
        return f"{self.key}:{only}:{len(codes)}"


def _stamp() -> str:
    """Return a text that differs after each change of what findings are found in; "" while nothing was ever logged.

    Numbers as well as newest ones, because transactions do not commit in the order of their keys.
    """
    changes = ChangeSet.objects.order_by().aggregate(newest=Max("pk"), number=Count("pk"))
    if not changes["number"]:
        return ""
    divisions = DivisionChange.objects.aggregate(applied=Count("pk", filter=Q(applied_at__isnull=False)))
    return f"{changes['newest']}-{changes['number']}-{divisions['applied']}-{Computation.objects.stamp()}"
