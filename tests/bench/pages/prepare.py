"""Fills the database of a build and prints, as JSON, what its visitors need: cookies of users and addresses of pages.

Run as a file with a build's folder as working directory, so that it also serves a build that does not have it. It uses
only what every build has: the names of pages, the models and `tests.bench.registers`.
"""

from __future__ import annotations

import json
import logging
import os
import sys

sys.path.insert(0, os.getcwd())

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "changzhi_portal.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import NoReverseMatch, reverse  # noqa: E402

from accounts.actions import appoint_staff  # noqa: E402
from accounts.models import User  # noqa: E402
from changelog.models import ChangeSet  # noqa: E402
from changzhi_portal.bulk import update_rows  # noqa: E402
from changzhi_portal.personal import Sealed  # noqa: E402
from communities.models import Community, Facility  # noqa: E402
from orgs.models import SocialOrganization  # noqa: E402
from periods.models import ReportingPeriod, parse_month  # noqa: E402
from socialworkers.models import SocialWorker  # noqa: E402
from targets.actions import compute_period  # noqa: E402

MONTHS = ("2018-03", "2018-04", "2018-05", "2018-06")
# Role, code of its division.
USERS = {"leader": "140400", "bureau_officer": "140400", "district_clerk": "140423"}
LISTS = {
    "communities": "communities:community_list",
    "facilities": "communities:facility_list",
    "organizations": "orgs:list",
    "workers": "socialworkers:list",
    "projects": "services:list",
}
PLAIN = (
    "home",
    "reports:dashboard",
    "reports:briefings",
    "submissions:submissions",
    "submissions:periods",
    "submissions:quality",
    "targets:plans",
    "targets:results",
    "reports:matrix",
    "reports:compare",
    "communities:monthly",
    "uploads:list",
    "notices:list",
    "manual",
)
# Page, model, and the way from a record to its community.
RECORDS = {
    "community": ("communities:community_detail", Community, ""),
    "facility": ("communities:facility_detail", Facility, "community__"),
    "organization": ("orgs:detail", SocialOrganization, "community__"),
    "worker": ("socialworkers:detail", SocialWorker, "postings__community__"),
}


def fill(communities: int) -> None:
    """Write the registers of `communities` communities, measure four months, and create one user of each role."""
    from tests.bench import registers

    call_command("migrate", verbosity=0)
    call_command("load_divisions", verbosity=0)
    registers.fill(0, communities)
    # Pages show the number masked, so it must be one.
    workers = list(SocialWorker._base_manager.all())
    for worker in workers:
        worker.id_number = Sealed("id_number", plain="11010119900307002X")
    update_rows(SocialWorker, workers, ["id_number"])
    for month in MONTHS:
        compute_period(ReportingPeriod.objects.for_month(parse_month(month)))
    for role, code in USERS.items():
        appoint_staff(username=role, role=role, division_code=code, full_name=role, email="", password=None)
    User.objects.update(must_change_password=False)
    # Invented rows are not logged. Pages keep what they have found until the next change set, so there must be one.
    officer = User.objects.get(username="bureau_officer")
    ChangeSet.objects.create(made_by=officer, division=officer.division, summary="bench", affects_figures=False)
    _work_after_a_change()


def _work_after_a_change() -> None:
    """Do what a worker does right after a change, if the build knows such work."""
    try:
        from submissions.tasks import keep_findings
    except ImportError:
        return
    keep_findings()


def fill_demo() -> None:
    """Write the demo through the front door, as `make run` does."""
    call_command("migrate", verbosity=0)
    call_command("load_divisions", verbosity=0)
    call_command("demo", stdout=sys.stderr)


def cookies() -> dict[str, str]:
    """Return, by role, the cookie of a signed-in user."""
    signed_in = {}
    for role, code in USERS.items():
        users = User.objects.filter(role=role, is_active=True).order_by("pk")
        user = users.filter(division__code__startswith=code).first() or users.first()
        client = Client()
        client.force_login(user)
        signed_in[role] = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    return signed_in


def pages() -> dict[str, dict[str, str]]:
    """Return, by role, the addresses of its pages by a short name; pages that the build or the role lacks are left out."""
    found: dict[str, str] = {}
    for name in PLAIN:
        _note(found, name.rpartition(":")[2], name)
    for name, url_name in LISTS.items():
        _note(found, name, url_name)
        _note(found, f"{name}, a county", url_name, "?county=140423000000")
        _note(found, f"{name}, page 5 by name", url_name, "?sort=-name&page=5")
    for name, (url_name, model, path) in RECORDS.items():
        # One of the county, so that its clerk may see it as well.
        record = model._default_manager.filter(**{f"{path}code__startswith": "140423"}).order_by("pk").first()
        if record is not None:
            _note(found, name, url_name, args=[record.ref])
    logging.disable(logging.WARNING)  # many pages are refused to some roles
    by_role = {}
    for role, cookie in cookies().items():
        key, _, value = cookie.partition("=")
        client = Client(headers={"host": "127.0.0.1"})
        client.cookies[key] = value
        by_role[role] = {name: url for name, url in found.items() if client.get(url).status_code == 200}
    return by_role


def _note(found: dict[str, str], name: str, url_name: str, query: str = "", args: list[str] | None = None) -> None:
    try:
        found[name] = reverse(url_name, args=args or []) + query
    except NoReverseMatch:
        return


if __name__ == "__main__":
    if sys.argv[1] == "demo":
        fill_demo()
    else:
        fill(int(sys.argv[1]))
    print(json.dumps({"cookies": cookies(), "pages": pages()}))
