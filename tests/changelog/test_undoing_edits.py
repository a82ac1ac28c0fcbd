"""Taking back an edit of one record or of many from its entry in the history (docs/domain.md §4.12)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from changelog.actions import (
    check_bulk,
    edit_in_bulk,
    edit_record,
    find_undoing,
    merge_records,
    reverse_change_set,
    undo_changes,
)
from changelog.models import ChangeSet
from changzhi_portal.refusals import LockedError, NotAllowedError, NotFoundError, StaleError
from changzhi_portal.registers.registry import register_named
from communities.models import Facility
from notices.models import Notice
from orgs.models import SocialOrganization
from periods.models import ReportingPeriod
from socialworkers.models import Posting
from tests.changelog.editing import CASES, Case, edit
from tests.factories import Place, id_number, make_batch, make_change_set, make_organization, make_period, make_worker
from tests.pages import markup_of
from tests.queries import exactly, queries_of

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]


def undo(change_set: ChangeSet | None, by: User, seen: frozenset[int] | None = None) -> ChangeSet:
    assert change_set is not None
    return undo_changes(
        ref=change_set.ref, by=by, seen=find_undoing(ref=change_set.ref, by=by).reversible if seen is None else seen
    )


def bulk(records: list[Any], field: str, value: str, by: User) -> ChangeSet:
    given: dict[str, Any] = {
        "register": register_named("organizations")(),
        "refs": [each.ref for each in records],
        "name": field,
        "value": value,
        "by": by,
    }
    done = edit_in_bulk(**given, seen=check_bulk(**given).versions, reason="按新的口径")
    assert done.change_set is not None
    return done.change_set


def state_of(record: Any) -> list[Any]:
    """Return every value of a record and of its parts but the version, which always goes up."""
    parts = [part for name in getattr(record, "history_parts", ()) for part in getattr(record, name).order_by("pk")]
    fresh = type(record).objects.get(pk=record.pk)
    names = [
        [field.attname for field in each._meta.concrete_fields if field.name != "version"] for each in (fresh, *parts)
    ]
    return [[getattr(each, name) for name in of] for each, of in zip((fresh, *parts), names, strict=True)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_edit_and_an_end_of_a_record_of_every_register_are_taken_back(
    case: Case, place: Place, clerk: User, period: ReportingPeriod
) -> None:
    record = case.make(place)
    for values in (case.change, case.close):
        before = state_of(record)
        done = edit(case, clerk, record, values)
        record.refresh_from_db()
        assert state_of(record) != before
        undo(done.change_set, clerk)
        record.refresh_from_db()
        assert state_of(record) == before


def test_a_record_that_was_added_is_removed_again(place: Place, clerk: User, signed_in: SignedIn) -> None:
    case = CASES[1]
    done = edit_record(register=register_named("facilities")(), values=case.new, by=clerk)
    client = signed_in(clerk)
    page = client.get(reverse("changelog:undo", args=[done.change_set.ref]))
    assert "删除这条记录" in markup_of(page)
    answer = client.post(reverse("changelog:undo", args=[done.change_set.ref]), {"seen": "1"}, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("communities:facility_list")
    assert not Facility.objects.exists()


def test_a_transfer_that_is_taken_back_gives_the_person_back_and_the_other_office_is_told(
    place: Place, clerk: User, other_clerk: User
) -> None:
    number = id_number()
    worker = make_worker(place.villages[0], "张演示", id_number=number)
    values = {"name": "张演示", "id_number": number, "level": "无", "started_on": "2018-06-01", "county": "城区"}
    done = edit_record(
        register=register_named("workers")(),
        values=values | {"town": "东街街道", "community_name": "和平社区"},
        by=clerk,
    )
    assert Posting.objects.get(is_newest=True).community == place.communities[0]
    undo(done.change_set, clerk)
    assert (Posting.objects.get().community, Posting.objects.get().ended_on) == (place.villages[0], None)
    assert "撤销" in Notice.objects.filter(user=other_clerk).latest("pk").title
    assert worker.postings.count() == 1


def test_a_later_change_stands_in_the_way_and_is_named(place: Place, clerk: User, signed_in: SignedIn) -> None:
    case = CASES[2]
    record = case.make(place)
    first = edit(case, clerk, record, {"leader": "甲演示"})
    record.refresh_from_db()
    second = edit(case, clerk, record, {"leader": "乙演示"})
    with pytest.raises(StaleError, match=f"没有撤销：{clerk}已于.*修改"):
        undo(first.change_set, clerk)
    client = signed_in(clerk)
    page = markup_of(client.get(reverse("changelog:undo", args=[first.change_set.ref])))
    assert "不能撤销" in page and "撤销这次修改" not in page
    history = client.get(record.get_absolute_url()).content.decode()
    assert reverse("changelog:undo", args=[second.change_set.ref]) in history
    assert reverse("changelog:undo", args=[first.change_set.ref]) not in history
    undo(second.change_set, clerk)
    undo(first.change_set, clerk)
    record.refresh_from_db()
    assert record.leader == ""


def test_a_bulk_edit_is_taken_back_but_for_the_records_that_were_changed_since(
    place: Place, clerk: User, signed_in: SignedIn
) -> None:
    records = [make_organization(place.communities[0], f"演示{letter}协会") for letter in "甲乙丙"]
    change_set = bulk(records, "category", "charity", clerk)
    second = records[1]
    second.refresh_from_db()
    edit(CASES[2], clerk, second, {"leader": "王演示"})
    client, url = signed_in(clerk), reverse("changelog:undo", args=[change_set.ref])
    shown = client.get(url)
    assert [bool(line.kept) for line in shown.context["lines"]] == [False, True, False]
    assert "按新的口径" in markup_of(shown)
    done = client.post(url, {"seen": shown.context["seen_now"]}, follow=True)
    assert "另有1条后来又改过" in markup_of(done)
    assert list(SocialOrganization.objects.order_by("pk").values_list("category", flat=True)) == [
        "community_service",
        "charity",
        "community_service",
    ]
    again = client.post(url, {"seen": shown.context["seen_now"]}, follow=True)
    assert "这次修改已经撤销过了" in markup_of(again)


def test_what_changes_between_page_and_button_is_said_and_nothing_is_taken_back(place: Place, clerk: User) -> None:
    records = [make_organization(place.communities[0], f"演示{letter}协会") for letter in "甲乙"]
    change_set = bulk(records, "category", "charity", clerk)
    records[0].refresh_from_db()
    edit(CASES[2], clerk, records[0], {"leader": "王演示"})
    with pytest.raises(StaleError, match="又改过这些记录，没有撤销"):
        undo(change_set, clerk, frozenset({1, 2}))
    assert set(SocialOrganization.objects.values_list("category", flat=True)) == {"charity"}


def test_a_value_that_another_record_has_taken_since_is_said(place: Place, clerk: User) -> None:
    case = CASES[2]
    record = make_organization(place.communities[0], "演示书画社")
    done = edit(case, clerk, record, {"name": "演示书画协会"})
    make_organization(place.communities[0], "演示书画社")
    with pytest.raises(StaleError, match="没有撤销：这个社区已有同名组织"):
        undo(done.change_set, clerk)
    record.refresh_from_db()
    assert record.name == "演示书画协会"


def test_only_who_may_edit_all_of_it_takes_it_back(
    place: Place, clerk: User, officer: User, other_clerk: User, leader: User
) -> None:
    here, there = make_organization(place.communities[0]), make_organization(place.villages[0])
    change_set = bulk([here, there], "category", "charity", officer)
    with pytest.raises(NotAllowedError, match="其他单位"):
        undo(change_set, clerk)
    with pytest.raises(NotAllowedError):
        undo_changes(ref=change_set.ref, seen=frozenset({1, 2}), by=leader)
    mine = bulk([here], "note", "旧", clerk)
    with pytest.raises(NotFoundError):
        undo(mine, other_clerk)
    undo(mine, officer)


def test_figures_of_a_month_that_was_locked_since_are_the_bureaus(place: Place, clerk: User, officer: User) -> None:
    month = make_period("2018-06")
    community = place.communities[0]
    done = edit(CASES[0], clerk, community, {"residents": "3100", "as_of": "2018-06-30"})
    ReportingPeriod.objects.filter(pk=month.pk).update(state="locked", locked_at=timezone.now(), locked_by=officer)
    with pytest.raises(LockedError, match="2018年6月"):
        undo(done.change_set, clerk)
    undo(done.change_set, officer)
    assert not community.profiles.exists()


def test_uploads_merges_and_undoings_are_no_edits_to_take_back_here(place: Place, clerk: User) -> None:
    kept, merged = (make_organization(place.communities[0], f"演示{letter}协会") for letter in "甲乙")
    merging = merge_records(
        register=register_named("organizations")(),
        kept=kept.ref,
        merged=merged.ref,
        versions=(1, 1),
        from_merged=(),
        reason="重复",
        by=clerk,
    )
    kept.refresh_from_db()
    undone = undo(edit(CASES[2], clerk, kept, {"leader": "王演示"}).change_set, clerk)
    kept.refresh_from_db()
    uploaded = edit(CASES[2], clerk, kept, {"leader": "李演示"}).change_set
    ChangeSet.objects.filter(pk=uploaded.pk).update(batch=make_batch(clerk))
    for change_set in (merging, undone, uploaded, make_change_set(clerk)):
        with pytest.raises(NotFoundError):
            undo(change_set, clerk)


def test_the_history_shows_what_was_taken_back_and_needs_one_query_for_its_links(
    place: Place, clerk: User, leader: User, signed_in: SignedIn
) -> None:
    record = make_organization(place.communities[0])
    client = signed_in(clerk)
    client.get(record.get_absolute_url())
    few = len(queries_of(lambda: client.get(record.get_absolute_url())))
    for number in range(4):
        record.refresh_from_db()
        done = edit(CASES[2], clerk, record, {"member_count": number + 10})
    undo(done.change_set, clerk)
    with exactly(few + 1):
        page = client.get(record.get_absolute_url())
    entries = next(panel["entries"] for panel in page.context["panels"] if "entries" in panel)
    assert [(entry.kind, bool(entry.undo_ref)) for entry in entries[:3]] == [
        ("撤销", False),
        ("修改", False),
        ("修改", True),
    ]


def test_a_change_set_of_a_model_that_is_not_named_is_not_said_to_be_reversed(place: Place, clerk: User) -> None:
    done = edit(CASES[2], clerk, make_organization(place.communities[0]), {"leader": "王演示"})
    assert done.change_set is not None
    with pytest.raises(ValueError, match="socialorganization"):
        reverse_change_set(done.change_set, by=clerk, models_in_order=(Facility,))
    assert SocialOrganization.objects.get().leader == "王演示"


@pytest.mark.parametrize("seen", ["9" * 5_000, "¹ ٣ -1"])
def test_what_is_no_list_of_rows_counts_as_nothing_seen(
    place: Place, clerk: User, signed_in: SignedIn, seen: str
) -> None:
    done = edit(CASES[2], clerk, make_organization(place.communities[0]), {"leader": "王演示"})
    assert done.change_set is not None
    address = reverse("changelog:undo", args=[done.change_set.ref])
    assert signed_in(clerk).post(address, {"seen": seen}).status_code < 500
    assert SocialOrganization.objects.get().leader == "王演示"
