"""A change of how a figure is counted must raise its version; figure_versions.txt records the present SQL."""

import datetime
import hashlib
import os
from pathlib import Path

import pytest

from changzhi_portal.figures import declared_figures
from changzhi_portal.indicators import counted_figures
from targets.engine.figures import querysets_of
from targets.figures import version_name

WRITTEN_DOWN = Path(__file__).parent / "figure_versions.txt"
FIRST, LAST = datetime.date(2018, 6, 1), datetime.date(2018, 6, 30)


def counted_now():
    counted = {name: f"{figure.version} {figure.expression!r}" for name, figure in counted_figures().items()}
    return counted | {
        version_name(figure.code): f"{figure.version} {described(figure)}" for figure in declared_figures()
    }


def described(figure):
    """Return everything that decides which rows of a figure of divisions count where, on one line; the SQL by its digest."""
    said = [figure.kind, figure.shown, figure.over, f"scored_only={figure.scored_only}"]
    said += [f"applies_below={figure.applies_below}", f"parts={','.join(figure.parts)}"]
    both = (figure.rows(FIRST, LAST), figure.reported(LAST))
    queries = [" ".join(str(each.query).split()) for rows in both for each in querysets_of(rows)]
    return " | ".join([*said, hashlib.sha256("\n".join(queries).encode()).hexdigest()[:16]])


# Rows may be chosen by thresholds, which are read; SQLite's SQL is what is written down.
@pytest.mark.django_db
@pytest.mark.one_database
def test_a_figure_that_is_counted_in_another_way_has_a_higher_version():
    now = counted_now()
    before = dict(line.split(" ", 1) for line in WRITTEN_DOWN.read_text(encoding="utf-8").splitlines())
    changed = {name: (before[name], now[name]) for name in before.keys() & now.keys() if before[name] != now[name]}
    same_version = sorted(name for name, (old, new) in changed.items() if old.split(" ")[0] >= new.split(" ")[0])
    assert same_version == [], "raise `version` of these figures in <app>/indicators.py (see docs/domain.md §6.7)"
    lines = "".join(f"{name} {now[name]}\n" for name in sorted(now))
    if os.environ.get("RENEW_FIGURE_VERSIONS"):
        WRITTEN_DOWN.write_text(lines, encoding="utf-8")
    assert WRITTEN_DOWN.read_text(encoding="utf-8") == lines, (
        f"RENEW_FIGURE_VERSIONS=1 writes this into {WRITTEN_DOWN.name}:\n{lines}"
    )
