"""Charts for pages and print: Vega-Lite specs declared with Altair, rendered to SVG in process by vl-convert.

Pages and PDF files use the same SVG, without JavaScript: links are SVG `<a>`, tooltips are `<title>`. There is no inline
style, which the Content-Security-Policy forbids. Charts use one hue from light to dark and print every value beside its
mark, so they can be read in black and white and by colour-blind readers.
"""

from reports.charts.bars import amount_by_division_svg, rate_by_division_svg
from reports.charts.tiles import COUNTY_TILES, county_tiles_svg
from reports.charts.trend import trend_svg

__all__ = ["COUNTY_TILES", "amount_by_division_svg", "county_tiles_svg", "rate_by_division_svg", "trend_svg"]
