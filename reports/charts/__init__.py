"""Charts for pages and print: Vega-Lite specs declared with Altair, drawn to SVG in process by vl-convert.

The same picture goes into the page and into the PDF. There is no chart JavaScript: links are SVG `<a>`, what a pointer
hovers over is named by `<title>`. No inline style (the Content-Security-Policy forbids it). One hue, light to dark, and
every value printed beside its mark, so nothing is lost on a black-and-white printer or to a colour-blind reader.
"""

from reports.charts.bars import amount_by_division_svg, rate_by_division_svg
from reports.charts.tiles import COUNTY_TILES, county_tiles_svg
from reports.charts.trend import trend_svg

__all__ = ["COUNTY_TILES", "amount_by_division_svg", "county_tiles_svg", "rate_by_division_svg", "trend_svg"]
