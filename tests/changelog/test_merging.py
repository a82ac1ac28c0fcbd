"""Merging a duplicate into the record that stays, and taking that back (docs/domain.md §4.11)."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from changelog.actions import PLACE, edit_record, merge_records, undo_merge
from changelog.models import ChangeRecord, ChangeSet
from changzhi_portal.indicators import counted_registers
from changzhi_portal.quality import Occasion, quality_rules
from changzhi_portal.records import MergeableRecord
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import register_named, register_of, registers
from orgs.models import SocialOrganization
from periods.models import ReportingPeriod
from revisions.edits import histories_of
from revisions.effects import effects_on_register
from tests.factories import Place, credit_code, make_facility, make_organization

pytestmark = pytest.mark.django_db
DAY = datetime.date(2018, 6, 30)
CODE = credit_code(71)
Maker = Callable[..., Any]
MAKERS: dict[str, Maker] = {"organizations": make_organization, "facilities": make_facility}


def register(name: str = "organizations") -> RegisterSheet:
    return register_named(name)()


def merge(kept: Any, merged: Any, by: User, *, taking: tuple[str, ...] = (), **changes: Any) -> ChangeSet:
    """Merge as the page does, with the versions that the records have now."""
    sheet = register_of(type(kept))
    assert sheet is not None
    for record in (kept, merged):
        record.refresh_from_db()
    given: dict[str, Any] = {
        "kept": kept.ref,
        "merged": merged.ref,
        "versions": (kept.version, merged.version),
        "from_merged": taking,
        "reason": "同一个组织登记了两次",
        "by": by,
    }
    return merge_records(register=sheet(), **(given | changes))


@pytest.fixture
def twins(place: Place) -> tuple[SocialOrganization, SocialOrganization]:
    """Return an organization without a code, and the same one registered again at the street, with its code."""
    kept = make_organization(place.communities[0], "演示书画社", member_count=30)
    registered: dict[str, Any] = {"registration": "registered", "credit_code": CODE, "phone": "19900001111"}
    return kept, make_organization(place.street, "演示书画社", leader="王演示", **registered)


def test_every_register_that_merges_is_tried_here() -> None:
    # tests/socialworkers/test_merging.py tries workers, whose postings are counted.
    assert {each.name for each in registers() if each.may_be_merged} == {*MAKERS, "workers"}


def test_the_record_that_stays_takes_what_was_chosen_and_the_duplicate_is_closed(
    twins: tuple[Any, Any], clerk: User
) -> None:
    kept, merged = twins
    change_set = merge(kept, merged, clerk, taking=("credit_code", "registration", "leader", "phone"))
    kept.refresh_from_db()
    merged.refresh_from_db()
    assert (kept.credit_code, kept.registration, kept.leader, kept.member_count) == (CODE, "registered", "王演示", 30)
    assert kept.phone.reveal() == "19900001111"
    assert (merged.merged_into, merged.dissolved_on, merged.credit_code) == (kept, timezone.localdate(), CODE)
    assert (kept.version, merged.version) == (2, 2)
    assert ChangeSet.objects.get() == change_set
    assert "同一个组织登记了两次" in change_set.summary
    logged = ChangeRecord.objects.of_object(kept).get()
    assert "19900001111" not in str(logged.after)


def test_its_place_can_be_taken_over(twins: tuple[Any, Any], clerk: User, place: Place) -> None:
    kept, merged = twins
    merge(kept, merged, clerk, taking=(PLACE,))
    kept.refresh_from_db()
    assert (kept.community, kept.division) == (None, place.street)


@pytest.mark.parametrize("name", MAKERS)
def test_a_merged_record_is_counted_listed_exported_and_found_wrong_nowhere(
    name: str, place: Place, officer: User, period: ReportingPeriod
) -> None:
    sheet, make = register(name), MAKERS[name]
    kept, merged = make(place.communities[0], "演示东街活动站"), make(place.communities[0], "演示东街活动总站")
    counted = [each for each in counted_registers() if each.model is sheet.model]
    assert counted
    before = [list(each.by_place(DAY)) for each in counted]
    merge(kept, merged, officer)
    for each, earlier in zip(counted, before, strict=True):
        (row,) = each.by_place(DAY)
        assert row != earlier[0], "one record fewer is counted, also on a day before the merge"
        assert [found["row_id"] for found in each.by_row(DAY)] == [kept.pk]
        today = timezone.localdate()
        assert merged.community_id not in {found["community_id"] for found in each.other_communities(today)}
    assert [found["ref"] for found in sheet.records(place.city.path)] == [kept.ref]
    assert list(sheet.standing(place.city.path, DAY)) == [kept]
    assert sheet.likely_duplicates(place.city.path, DAY) == []
    assert list(sheet.model.objects.visible_to(officer)) == [kept]
    related = getattr(place.communities[0], sheet.model._meta.get_field("community").remote_field.related_name)
    assert list(related.all()) == [kept]


@pytest.mark.parametrize("name", MAKERS)
def test_a_duplicate_found_by_quality_rules_is_found_no_longer_when_it_is_merged(
    name: str, place: Place, officer: User
) -> None:
    if name == "organizations":
        kept = make_organization(place.communities[0], "演示书画社")
        merged = make_organization(place.communities[0], "演示书画社", registration="registered")
    else:  # one building under two names
        kept, merged = make_facility(place.communities[0], "演示站"), make_facility(place.communities[0], "便民中心")
    assert {kept.pk, merged.pk} <= found_by_rules(type(kept))
    assert [pair[:2] for pair in register(name).likely_duplicates(place.county.path, DAY)] == [(kept.pk, merged.pk)]
    merge(kept, merged, officer)
    assert not {kept.pk, merged.pk} & found_by_rules(type(kept))


def found_by_rules(model: type[Any]) -> set[int]:
    """Return the keys of the records of a model that any quality rule finds."""
    occasion = Occasion(DAY, DAY)
    rows = (rule.find(occasion) for rule in quality_rules() if rule.subject.model is model)
    return {key for found in rows for key in found.values_list("pk", flat=True)}


@pytest.mark.parametrize("name", MAKERS)
def test_a_locked_month_learns_that_the_duplicate_counted_and_counts_no_longer(
    name: str, place: Place, officer: User
) -> None:
    kept, merged = (MAKERS[name](place.communities[0], f"演示活动站{n}") for n in "甲乙")
    merge(kept, merged, officer)
    (counted,) = (each for each in counted_registers() if each.model is type(kept))
    histories = histories_of(type(kept), ChangeSet.objects.all())
    effects = {history.key: states for history, states in effects_on_register(counted, histories, {}, DAY)}
    assert effects[merged.pk][0]
    assert not any(effects[merged.pk][1].values())


@pytest.mark.parametrize("name", MAKERS)
def test_undoing_gives_back_both_records_as_they_were(name: str, place: Place, clerk: User) -> None:
    kept, merged = (MAKERS[name](place.communities[0], f"演示活动站{n}", note=n) for n in "甲乙")
    merge(kept, merged, clerk, taking=("name", "note"))
    kept.refresh_from_db()
    assert (kept.name, kept.note) == ("演示活动站乙", "乙"), "the name that the duplicate has freed"
    undo_merge(register=register(name), ref=merged.ref, by=clerk)
    for record, letter in ((kept, "甲"), (merged, "乙")):
        record.refresh_from_db()
        assert (record.name, record.note, record.merged_into) == (f"演示活动站{letter}", letter, None)
        assert register(name).end_of(record) is None
    assert type(kept).objects.count() == 2


def test_a_code_that_was_taken_over_goes_back_with_the_undoing(twins: tuple[Any, Any], clerk: User) -> None:
    kept, merged = twins
    merge(kept, merged, clerk, taking=("credit_code", "registration"))
    undo_merge(register=register(), ref=merged.ref, by=clerk)
    kept.refresh_from_db()
    merged.refresh_from_db()
    assert (kept.credit_code, merged.credit_code) == ("", CODE)


def test_a_merge_is_not_undone_over_a_later_change(twins: tuple[Any, Any], clerk: User) -> None:
    kept, merged = twins
    merge(kept, merged, clerk, taking=("leader",))
    kept.refresh_from_db()
    edit_record(register=register(), values={"leader": "李演示"}, by=clerk, ref=kept.ref, version=kept.version)
    with pytest.raises(StaleError, match="修改"):
        undo_merge(register=register(), ref=merged.ref, by=clerk)
    merged.refresh_from_db()
    assert merged.merged_into == kept


def test_what_was_merged_before_goes_on_to_the_next_and_only_the_last_merge_can_be_undone(
    place: Place, clerk: User
) -> None:
    first, second, third = (make_organization(place.communities[0], f"演示合唱团{n}") for n in "甲乙丙")
    merge(second, first, clerk)
    merge(third, second, clerk)
    for record in (first, second):
        record.refresh_from_db()
        assert record.merged_into == third
    with pytest.raises(StaleError, match="没有撤销"):
        undo_merge(register=register(), ref=first.ref, by=clerk)
    undo_merge(register=register(), ref=second.ref, by=clerk)
    undo_merge(register=register(), ref=first.ref, by=clerk)
    assert SocialOrganization.objects.count() == 3


def test_a_merged_record_can_neither_be_merged_again_nor_merged_into(twins: tuple[Any, Any], clerk: User) -> None:
    kept, merged = twins
    other = make_organization(kept.community, "演示棋社")
    merge(kept, merged, clerk)
    for pair in ((other, merged), (merged, other)):
        with pytest.raises(NotFoundError):
            merge(*pair, clerk)


def test_only_who_may_upload_merges_and_only_in_the_own_area(
    twins: tuple[Any, Any], place: Place, other_clerk: User, street_clerk: User, leader: User, clerk: User
) -> None:
    kept, merged = twins
    with pytest.raises(NotAllowedError):
        merge(kept, merged, leader)
    with pytest.raises(NotFoundError):
        merge(kept, merged, other_clerk)
    elsewhere = make_organization(place.other_county, "演示书画社")
    with pytest.raises(NotFoundError):
        merge(kept, elsewhere, clerk)
    merge(kept, merged, street_clerk)
    with pytest.raises(NotFoundError):
        undo_merge(register=register(), ref=merged.ref, by=other_clerk)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"reason": " "}, "reason"), ({"reason": "长" * 101}, "reason"), ({"reason": "电话19900001111"}, "reason")],
)
def test_a_merge_needs_a_reason_without_personal_numbers(
    twins: tuple[Any, Any], clerk: User, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidError) as refused:
        merge(*twins, clerk, **changes)
    assert refused.value.field == field
    assert not ChangeSet.objects.exists()


def test_values_that_do_not_fit_together_are_refused_and_nothing_is_written(
    twins: tuple[Any, Any], clerk: User
) -> None:
    kept, merged = twins
    with pytest.raises(InvalidError, match="统一社会信用代码"):
        merge(kept, merged, clerk, taking=("registration",))  # 登记, without the code
    merged.refresh_from_db()
    assert (merged.merged_into, merged.version) == (None, 1)


def test_a_merge_of_records_that_were_changed_since_is_refused(twins: tuple[Any, Any], clerk: User) -> None:
    with pytest.raises(StaleError):
        merge(*twins, clerk, versions=(1, 2))


@pytest.mark.parametrize("name", MAKERS)
def test_the_database_refuses_a_record_merged_into_itself_or_without_a_last_day(name: str, place: Place) -> None:
    record, other = (MAKERS[name](place.communities[0]) for _ in range(2))
    end = type(record).dated_by[1]
    for values in ({"merged_into": record.pk, end: DAY}, {"merged_into": other.pk, end: None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            type(record).objects.filter(pk=record.pk).update(**values)
    assert issubclass(type(record), MergeableRecord)
