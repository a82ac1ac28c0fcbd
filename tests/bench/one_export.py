"""Exports all organizations in its own process and prints time and memory: `python -m tests.bench.one_export xlsx|csv|json|rival`."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()
logging.disable(logging.INFO)

import openpyxl  # noqa: E402, F401  # the library loads it when it exports; what is loaded is not counted
from django.urls import reverse  # noqa: E402
from import_export.fields import Field  # noqa: E402
from import_export.formats.base_formats import XLSX  # noqa: E402
from import_export.resources import ModelResource  # noqa: E402

from accounts.models import User  # noqa: E402
from changzhi_portal.pages.exported import shown_at  # noqa: E402
from communities.tables import county_of, town_of  # noqa: E402
from exports.actions import write_list  # noqa: E402
from exports.formats import FORMATS  # noqa: E402
from orgs.models import SocialOrganization  # noqa: E402

USERNAME = "bench_exporter"


class Organizations(ModelResource):
    """The list's columns, in words, as a resource of the library's manual has them."""

    community = Field(attribute="community__name", column_name="社区")
    county, town = Field(column_name="县（市、区）"), Field(column_name="街道（乡镇）")

    class Meta:
        model = SocialOrganization
        fields = (
            "name", "credit_code", "registration", "category", "county", "town", "community", "established_on",
            "dissolved_on", "leader", "member_count",
        )  # fmt: skip

    def dehydrate_registration(self, row):
        """Return the choice in words."""
        return row.get_registration_display()

    def dehydrate_category(self, row):
        """Return the choice in words."""
        return row.get_category_display()

    def dehydrate_county(self, row):
        """Return the county's name."""
        return str(county_of(row) or "")

    def dehydrate_town(self, row):
        """Return the town's name."""
        return str(town_of(row) or "")


def export(what: str) -> int:
    """Export the list, or the library's resource of the same rows ("rival"); return the size of the file in bytes."""
    user = User.objects.select_related("division").get(username=USERNAME)
    if what == "rival":
        rows = SocialOrganization.objects.with_place().visible_to(user).order_by("sort_key", "pk")
        return len(XLSX().export_data(Organizations().export(rows)))
    file, _ = write_list(shown_at(reverse("orgs:list"), "", user), FORMATS[what]())
    return file.seek(0, os.SEEK_END)


def _megabytes(name: str) -> float:
    """Return a line of the process's status: VmRSS, what it holds; VmHWM, the most that it held since that was forgotten."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith(name)).split()[1]) / 1024


if __name__ == "__main__":
    wanted = sys.argv[1]
    user = User.objects.select_related("division").get(username=USERNAME)
    shown_at(reverse("orgs:list"), "q=此名不存在", user)  # loads pages and addresses, as a running process has
    Path("/proc/self/clear_refs").write_text("5")  # forgets VmHWM; that of getrusage is the parent's
    start = _megabytes("VmRSS")
    begun = time.perf_counter()
    size = export(wanted)
    seconds = time.perf_counter() - begun
    print(json.dumps({"seconds": seconds, "megabytes": _megabytes("VmHWM") - start, "bytes": size}))
