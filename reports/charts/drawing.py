"""Colours and fonts of the charts that are one SVG: those of the pages' tokens (static/portal/portal.css, dashboard.css)."""

from __future__ import annotations

INK = "#1d273b"
BAR = "#31688e"
GRID = "#d7dce2"
GOAL = "#9a3412"

# The first of these that the reader's machine has; on paper Noto Sans, and for rare characters UMing.
SHOWN_IN = "Noto Sans CJK SC, Microsoft YaHei, PingFang SC, AR PL UMing CN, sans-serif"
