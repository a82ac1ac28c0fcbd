"""Tests of writing many records in one call: one transaction, and what came of each row."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from typing import Any

import pytest

from changelog.models import ChangeRecord, ChangeSet, TrailRecord
from changelog.trail import TrailKind
from changzhi_portal.api.bodies import MOST_ERRORS, BodyErrors
from changzhi_portal.api.problems import BadRequestError
from changzhi_portal.registers.batches import MOST_IN_BATCH
from orgs.models import SocialOrganization
from tests.api.writing import NEW, bulk
from tests.changelog.editing import CASES
from tests.factories import make_facility, make_organization
from tests.queries import queries_of

pytestmark = pytest.mark.django_db
NAMES = "甲乙丙丁戊己庚辛壬癸"


def new(name: str, **values: Any) -> dict[str, Any]:
    """Return a row of a new organization whose name is like no other."""
    return NEW["organizations"] | {"name": f"{name * 4}队"} | values


def statuses(answer: Any) -> list[str]:
    """Return what came of each row."""
    return [each["status"] for each in answer.json()["results"]]


def test_each_good_row_is_written_and_each_bad_one_said(place, period, clerk, signed_in):
    kept, stale, theirs = (make_organization(place.communities[0]) for _ in range(3))
    SocialOrganization.objects.filter(pk=theirs.pk).update(community=place.villages[0])
    same, closed = make_organization(place.communities[0]), make_organization(place.communities[1])
    place.communities[1].closed_on = period.as_of
    place.communities[1].save()
    rows = [
        new("甲"),
        {"ref": kept.ref, "version": 1, "note": "新"},
        new("乙", category="shops"),
        {"ref": stale.ref, "version": 7, "note": "新"},
        {"ref": theirs.ref, "version": 1, "note": "新"},
        {"ref": same.ref, "version": 1, "name": same.name},
        {"ref": closed.ref, "version": 1, "note": "新"},
        {"ref": kept.ref, "version": 1, "note": "又新"},
    ]
    answer = bulk(signed_in(clerk), "organizations", rows, mode="each")
    assert answer.status_code == 200, answer.content.decode()
    expected = ["created", "changed", "invalid", "stale", "missing", "unchanged", "invalid", "invalid"]
    assert statuses(answer) == expected
    results = answer.json()["results"]
    added = SocialOrganization.objects.get(name="甲甲甲甲队")
    assert (results[0]["ref"], results[0]["version"]) == (added.ref, 1)
    assert (results[1]["ref"], results[1]["version"]) == (kept.ref, 2)
    assert [each["code"] for each in results[2]["errors"]] == ["bad_choice"]
    assert results[3]["version"] == 1
    assert theirs.name not in answer.content.decode()
    kept.refresh_from_db()
    assert kept.note == "新"
    change_set = ChangeSet.objects.get()
    assert change_set.summary == "接口新增和修改社会组织，2条"
    assert sorted(ChangeRecord.objects.values_list("batch_row", flat=True)) == [1, 2]
    assert TrailRecord.objects.filter(kind=TrailKind.CHANGED).count() == 1


def test_all_or_nothing_writes_nothing_where_one_row_is_bad(place, period, clerk, signed_in):
    rows = [new("甲"), new("乙", category="shops")]
    answer = bulk(signed_in(clerk), "organizations", rows)
    assert (answer.status_code, answer.json()["code"]) == (422, "rows_refused")
    assert statuses(answer) == ["left_out", "invalid"]
    assert not SocialOrganization.objects.exists() and not ChangeSet.objects.exists()
    assert statuses(bulk(signed_in(clerk), "organizations", [new("甲"), new("乙")])) == ["created", "created"]


@pytest.mark.parametrize("version", [-1, 2**31, 1.5, "1", None, True])
def test_a_version_is_a_whole_number_that_a_record_may_have(version, place, period, clerk, signed_in):
    record = make_organization(place.communities[0])
    answer = bulk(
        signed_in(clerk), "organizations", [{"ref": record.ref, "version": version, "note": "新"}], mode="each"
    )
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "rows.0.version")


def test_warnings_of_rows_are_confirmed_together(place, period, clerk, signed_in):
    make_organization(place.communities[0], "演示合唱队")
    rows = [new("甲"), NEW["organizations"]]
    client = signed_in(clerk)
    asked = bulk(client, "organizations", rows)
    assert (asked.status_code, asked.json()["code"]) == (409, "warnings")
    assert statuses(asked) == ["left_out", "warned"]
    each = bulk(client, "organizations", rows, mode="each")
    assert statuses(each) == ["created", "warned"]
    [_, warned] = bulk(client, "organizations", [new("乙"), rows[1]], confirm_warnings=True).json()["results"]
    assert (warned["status"], [each["code"] for each in warned["warnings"]]) == ("created", ["similar_name"])


def test_rows_that_would_multiply_the_records_of_a_place_are_asked_about(place, period, clerk, signed_in):
    rows = [new(chr(0x4E10 + 37 * number)) for number in range(31)]
    client = signed_in(clerk)
    make_organization(place.communities[0])
    asked = bulk(client, "organizations", rows, mode="each")
    assert set(statuses(asked)) == {"warned"}
    assert {each["code"] for row in asked.json()["results"] for each in row["warnings"]} == {"unusual_growth"}
    assert set(statuses(bulk(client, "organizations", rows, mode="each", confirm_warnings=True))) == {"created"}


def test_two_rows_of_one_new_record_are_one(place, period, clerk, signed_in):
    answer = bulk(signed_in(clerk), "organizations", [new("甲"), new("甲")], mode="each")
    assert statuses(answer) == ["created", "invalid"]
    assert answer.json()["results"][1]["errors"][0]["code"] == "duplicate_in_file"


def test_a_row_that_hangs_on_one_left_out_stays_out_too(place, period, clerk, signed_in):
    first, second = (make_organization(place.communities[0], f"{name * 4}队") for name in "甲乙")
    rows = [
        {"ref": first.ref, "version": 1, "name": "丙丙丙丙队", "established_on": "2999-01-01"},
        {"ref": second.ref, "version": 1, "name": "甲甲甲甲队"},
    ]
    answer = bulk(signed_in(clerk), "organizations", rows, mode="each")
    assert statuses(answer) == ["invalid", "invalid"], answer.content.decode()
    assert not ChangeSet.objects.exists()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_pages_that_were_read_can_be_sent_back_whole(case, place, period, clerk, signed_in):
    case.make(place)
    client = signed_in(clerk)
    rows = client.get(f"/api/v1/{case.register}/").json()["results"]
    answer = bulk(client, case.register, rows)
    assert answer.status_code == 200, answer.content.decode()
    assert set(statuses(answer)) == {"unchanged"}
    assert not ChangeSet.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "rows"),
        ({"rows": []}, "rows"),
        ({"rows": {}}, "rows"),
        ({"rows": [5]}, "rows.0"),
        ({"rows": [{"colour": "red"}]}, "rows.0.colour"),
        ({"rows": [{}, {"name": 5}]}, "rows.1.name"),
        ({"rows": [{"ref": "abc"}]}, "rows.0.version"),
        ({"rows": [{"ref": 5, "version": 1}]}, "rows.0.ref"),
        ({"rows": [{"version": 1}]}, "rows.0.version"),
        ({"rows": [{}], "mode": "some"}, "mode"),
        ({"rows": [{}], "mode": []}, "mode"),
        ({"rows": [{}], "made": "each"}, "made"),
    ],
)
def test_what_is_no_batch_is_refused_by_name(body, field, place, clerk, signed_in):
    answer = bulk(signed_in(clerk), "organizations", **body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)


def test_too_many_rows_are_refused_before_they_are_looked_at(place, clerk, signed_in):
    answer = bulk(signed_in(clerk), "organizations", [{}] * (MOST_IN_BATCH + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_queries_do_not_grow_with_the_rows(place, period, clerk, signed_in):
    client = signed_in(clerk)
    bulk(client, "organizations", [new("前")])
    counts = []
    for size, names in ((2, "天地"), (28, [chr(0x4E10 + 37 * number) for number in range(28)])):
        old = [make_organization(place.communities[0]) for _ in range(size)]
        rows = [new(name) for name in names] + [{"ref": each.ref, "version": 1, "note": "新"} for each in old]
        sent = queries_of(lambda rows=rows: statuses(bulk(client, "organizations", rows)))
        counts.append(len(sent))
    assert SocialOrganization.objects.filter(note="新").count() == 30
    assert counts[0] == counts[1] <= 54


def test_communities_are_changed_and_never_added(place, period, clerk, signed_in):
    make_facility(place.communities[0])
    community = place.communities[0]
    rows = [{"ref": community.ref, "version": community.version, "kind": "rural"}, {"kind": "rural"}]
    answer = bulk(signed_in(clerk), "communities", rows, mode="each")
    assert statuses(answer) == ["changed", "invalid"]


def test_a_body_full_of_unknown_names_takes_no_more_memory_than_the_names():
    """Five megabytes of them took 335 MB and five seconds, of which fifty were answered."""
    names = [f"a{number}" for number in range(30_000)]
    errors = BodyErrors()
    tracemalloc.start()
    try:
        errors.refuse_unknown(names, [f"column_{number}" for number in range(25)])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000
    with pytest.raises(BadRequestError) as refused:
        errors.refuse()
    assert [each["field"] for each in refused.value.errors] == sorted(names)[:MOST_ERRORS]


def test_a_long_text_takes_no_more_memory_than_itself():
    """Looking for the ends of a text of five megabytes took 566 MB: eight calls at once would have ended the portal."""
    script = """
import io, json, resource
import django
django.setup()
from changzhi_portal.api.bodies import StrictJSONParser
text = "a" * 4_000_000
body = io.BytesIO(json.dumps({"name": text}).encode())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert StrictJSONParser().parse(body) == {"name": text}
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout.split()[-1]) < 100_000  # kilobytes
