"""The API: a page of 100 rows, one record, and all organizations pulled by cursor, beside a plain ModelViewSet on the same rows."""

from __future__ import annotations

import json
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.urls import include, path
from rest_framework.pagination import CursorPagination
from rest_framework.renderers import JSONRenderer
from rest_framework.serializers import ModelSerializer
from rest_framework.viewsets import ReadOnlyModelViewSet

from accounts.models import Role, User
from changzhi_portal.bulk import insert_rows, refresh_statistics
from communities.models import Community, Division
from orgs.models import SocialOrganization
from tests.factories import make_organization

ROWS = 100_000
TIMES = 40
PULLS = 3
ADDRESS = "/api/v1/organizations/"


def run() -> None:
    """Print the table of the API."""
    print(f"== api, {connection.vendor}, {ROWS:,} organizations")
    user = User.objects.filter(username="bench_reader").first() or User(username="bench_reader")
    user.role, user.division, user.must_change_password = Role.BUREAU_OFFICER, Division.objects.by_code("140400"), False
    user.save()
    _fill()
    settings.ROOT_URLCONF = __name__
    settings.REQUESTS_PER_MINUTE = {**settings.REQUESTS_PER_MINUTE, "calls": 100_000}
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    some = SocialOrganization.objects.all()[ROWS // 2].ref
    for title, address, asked in (
        ("a page of 100 rows", f"{ADDRESS}?limit=100", 80),
        ("the same by name", f"{ADDRESS}?limit=100&sort=name", 80),
        ("one record", f"{ADDRESS}{some}/", 40),
    ):
        print(f"{title:<34} {_p95(client, address):>6.1f} ms at the 95th percentile  (asked: ≤ {asked} ms)")
    ours, pages = (_query_ms(client, address) for address in (f"{ADDRESS}?limit=100", "/organizations/?per_page=100"))
    print(f"its queries {ours:.1f} ms, {ours / pages:.2f} × those of the page with 100 rows  (asked: ≤ 1.3)")
    rates: dict[str, list[float]] = {"ours": [], "plain": []}
    _pull(client, f"{ADDRESS}?limit=1000")
    begun = _memory()
    for _ in range(PULLS):
        _pull(client, f"{ADDRESS}?limit=1000")
    print(f"memory of the process after {PULLS} more pulls: {_memory() - begun:+.0f} MB  (asked: ≤ +30)")
    for _ in range(PULLS):
        rates["ours"].append(_rate(lambda: _pull(client, f"{ADDRESS}?limit=1000")))
        rates["plain"].append(_rate(lambda: _pull(client, "/plain/")))
    ours, plain = (statistics.median(rates[name]) for name in ("ours", "plain"))
    print(
        f"all of them by cursor: {ours:,.0f} rows/s  (asked: ≥ 15,000), {ours / plain:.2f} × a plain ModelViewSet (asked: ≥ 1.5)"
    )


def _fill() -> None:
    """Make organizations up to ROWS, spread over the city's communities."""
    communities = list(Community.objects.current().values_list("pk", flat=True))
    first = make_organization(Community.objects.get(pk=communities[0]), "基准社区社会组织")
    number = SocialOrganization.objects.count()
    rows = []
    for index in range(number, ROWS):
        name = f"第{index}号文化活动队"
        rows.append(
            SocialOrganization(
                name=name, community_id=communities[index % len(communities)], registration=first.registration,
                category=first.category, established_on=first.established_on, leader="演示",
            )
        )  # fmt: skip
    for row in rows:
        row.prepare_keys()
    with transaction.atomic():
        insert_rows(SocialOrganization, rows)
    refresh_statistics(SocialOrganization)
    assert SocialOrganization.objects.count() >= ROWS


def _memory() -> float:
    """Return the resident memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def _query_ms(client: Client, address: str) -> float:
    """Return the median of what all queries of a request take together, in milliseconds."""
    taken: list[float] = []

    def timed(execute: Any, *arguments: Any) -> Any:
        begun = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            taken[-1] += 1_000 * (time.perf_counter() - begun)

    with connection.execute_wrapper(timed):
        for _ in range(TIMES):
            taken.append(0.0)
            assert client.get(address).status_code == 200
    return statistics.median(taken)


def _p95(client: Client, address: str) -> float:
    times = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        assert client.get(address).status_code == 200
        times.append(1_000 * (time.perf_counter() - begun))
    return statistics.quantiles(times, n=20)[-1]


def _pull(client: Client, address: str) -> int:
    count = 0
    while address:
        answer = json.loads(client.get(address).content)
        count += len(answer["results"])
        address = answer["next"]
    return count


def _rate(pull: Callable[[], int]) -> float:
    begun = time.perf_counter()
    count = pull()
    assert count >= ROWS
    return count / (time.perf_counter() - begun)


class _PlainSerializer(ModelSerializer):
    class Meta:
        model = SocialOrganization
        fields = "__all__"


class _ByKey(CursorPagination):
    page_size, ordering = 1_000, "pk"


class _Plain(ReadOnlyModelViewSet):
    queryset = SocialOrganization.objects.all()
    serializer_class = _PlainSerializer
    pagination_class = _ByKey
    renderer_classes = (JSONRenderer,)


# The plain view set is served by the same middleware to the same user.
urlpatterns = [path("plain/", _Plain.as_view({"get": "list"})), path("", include("changzhi_portal.urls"))]
