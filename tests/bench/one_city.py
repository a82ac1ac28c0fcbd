"""Measures the month of a city in a scratch database and prints the seconds: `python -m tests.bench.one_city`."""

from __future__ import annotations

import json
import logging
import os
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()
logging.disable(logging.INFO)

from django.core.management import call_command  # noqa: E402

from periods.models import ReportingPeriod, parse_month  # noqa: E402
from targets.actions import compute_period  # noqa: E402
from tests.bench import registers  # noqa: E402
from tests.bench.targets import CITY, MONTH  # noqa: E402

call_command("migrate", verbosity=0)
call_command("load_divisions", verbosity=0)
registers.fill(0, CITY)
period = ReportingPeriod.objects.for_month(parse_month(MONTH))
taken = []
for _ in range(3):
    started = time.perf_counter()
    compute_period(period)
    taken.append(time.perf_counter() - started)
print(json.dumps({"seconds": min(taken), "all": taken, "registers": registers.counted()}))
