"""Charts for pages and print, without JavaScript.

Pages draw fluid markup whose text keeps its size on every screen (`drawn`); the briefing prints Vega-Lite specs declared
with Altair and rendered to SVG in process by vl-convert (`bars`), which starts a JavaScript engine and is loaded only
where a briefing is printed (docs/adr/0020). Neither has an inline style, which the Content-Security-Policy forbids.
Every value stands as text beside its mark, so charts can be read in black and white and by colour-blind readers.
"""

from reports.charts.bars import amount_by_division_svg, rate_by_division_svg
from reports.charts.drawn import amount_bars, county_map, rate_bars, trend_lines
from reports.charts.tiles import COUNTY_TILES

__all__ = [
    "COUNTY_TILES",
    "amount_bars",
    "amount_by_division_svg",
    "county_map",
    "rate_bars",
    "rate_by_division_svg",
    "trend_lines",
]
