"""Charts for pages and print, without JavaScript and without a chart library (docs/adr/0035).

Pages draw fluid markup whose text keeps its size on every screen (`drawn`). The briefing has SVG of its own, the same on
paper and on its page: bars by division (`divisions`), a small line over twelve months (`sparkline`). None has an inline
style, which the Content-Security-Policy forbids. Every value stands as text beside its mark, so charts can be read in black
and white and by colour-blind readers.
"""

from reports.charts.drawn import amount_bars, county_map, rate_bars, trend_lines
from reports.charts.tiles import COUNTY_TILES

__all__ = [
    "COUNTY_TILES",
    "amount_bars",
    "county_map",
    "rate_bars",
    "trend_lines",
]
