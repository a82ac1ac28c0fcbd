"""A change of how a figure is counted must raise its version; figure_versions.txt records the present SQL."""

from pathlib import Path

from changzhi_portal.indicators import counted_figures

WRITTEN_DOWN = Path(__file__).parent / "figure_versions.txt"


def test_a_figure_that_is_counted_in_another_way_has_a_higher_version():
    now = {name: f"{figure.version} {figure.expression!r}" for name, figure in counted_figures().items()}
    before = dict(line.split(" ", 1) for line in WRITTEN_DOWN.read_text(encoding="utf-8").splitlines())
    changed = {name: (before[name], now[name]) for name in before.keys() & now.keys() if before[name] != now[name]}
    same_version = sorted(name for name, (old, new) in changed.items() if old.split(" ")[0] >= new.split(" ")[0])
    assert same_version == [], "raise `version` of these figures in <app>/indicators.py (see docs/domain.md §6.7)"
    lines = "".join(f"{name} {now[name]}\n" for name in sorted(now))
    assert WRITTEN_DOWN.read_text(encoding="utf-8") == lines, f"write this into {WRITTEN_DOWN.name}:\n{lines}"
