"""Prints briefings in its own process and says as JSON what they took: `python -m tests.bench.one_briefing city|editions PART OF`."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "changzhi_portal.settings")
django.setup()
logging.disable(logging.INFO)

from django.conf import settings  # noqa: E402
from django.contrib.staticfiles import finders  # noqa: E402

from changzhi_portal.refusals import PortalError  # noqa: E402
from communities.models import Division  # noqa: E402
from periods.models import ReportingPeriod, parse_month  # noqa: E402
from reports.actions import prepare_briefing, print_queued  # noqa: E402
from reports.figures import check_has_briefing  # noqa: E402
from reports.issue import issue_markup  # noqa: E402
from reports.models import Briefing  # noqa: E402
from reports.pdf import print_markup  # noqa: E402

MONTH = "2018-06"
TIMES = 5


def print_one(division: Division) -> Briefing:
    """Print the month's edition of a division, as a worker does."""
    period = ReportingPeriod.objects.for_month(parse_month(MONTH))
    printed = print_queued(prepare_briefing(period=period, division=division, by=None, queue=False).pk)
    assert printed is not None
    return printed


def city() -> dict[str, Any]:
    """Return CPU seconds of the city's issue, beside WeasyPrint's bare time for the same HTML: the best of some, in turn."""
    briefing = print_one(Division.objects.by_code("140400"))
    whole, ours, bare = [], [], []
    for _ in range(TIMES):
        began = time.process_time()
        markup = issue_markup(briefing)
        marked = time.process_time()
        pdf = print_markup(markup)
        printed = time.process_time()
        _print_bare(markup)
        bare.append(time.process_time() - printed)
        ours.append(printed - marked)
        whole.append(printed - began)
    return {"whole": min(whole), "ours": min(ours), "bare": min(bare), "bytes": len(pdf)}


def editions(part: int, of: int) -> dict[str, Any]:
    """Return the wall seconds that every `of`-th edition of the month took, from the next full ten seconds on, when warm."""
    period = ReportingPeriod.objects.for_month(parse_month(MONTH))
    found = [division for division in Division.objects.order_by("code") if _has_edition(period, division)]
    print_one(found[-1 - part])  # each process another one, since a row is printed by one at a time
    time.sleep(10 - time.time() % 10)  # so that processes begin together
    began = time.perf_counter()
    for division in found[part::of]:
        print_one(division)
    return {"seconds": time.perf_counter() - began, "editions": len(found[part::of])}


def _has_edition(period: ReportingPeriod, division: Division) -> bool:
    try:
        check_has_briefing(period, division)
    except PortalError:
        return False
    return division.level in (Division.Level.CITY, Division.Level.COUNTY)


def _print_bare(markup: str) -> None:
    """Print by WeasyPrint alone: the same HTML, style sheet and fonts, untagged, lines as it makes them."""
    from weasyprint import CSS, HTML
    from weasyprint.draw import text as drawing
    from weasyprint.layout import inline
    from weasyprint.pdf.fonts import Font
    from weasyprint.text.fonts import FontConfiguration

    from reports.pdf import font_files, justification

    kept = inline.get_next_linebox, inline.justify_line, drawing.draw_first_line, Font._harfbuzz_subset
    inline.get_next_linebox, drawing.draw_first_line, Font._harfbuzz_subset = (
        justification._break_by_weasyprint,
        justification._draw_by_weasyprint,
        font_files._subset_by_weasyprint,
    )
    inline.justify_line = lambda context, line, extra_width: None
    sheet = Path(str(finders.find("reports/briefing.css"))).read_text()
    sheet = sheet.replace("font:Fandol", f"file://{settings.FONT_DIR}/Fandol")
    sheet = re.sub("static:([\\w/.]+)", lambda found: f"file://{finders.find(found[1])}", sheet)
    fonts = FontConfiguration()
    try:
        HTML(string=markup).render(font_config=fonts, stylesheets=[CSS(string=sheet, font_config=fonts)]).write_pdf()
    finally:
        inline.get_next_linebox, inline.justify_line, drawing.draw_first_line, Font._harfbuzz_subset = kept


def _peak_megabytes() -> float:
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


if __name__ == "__main__":
    result = city() if sys.argv[1] == "city" else editions(int(sys.argv[2]), int(sys.argv[3]))
    print(json.dumps({**result, "megabytes": _peak_megabytes()}))
