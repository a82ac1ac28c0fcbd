"""Workers who are registered twice: found by a second sign beside the name, merged with their postings, undone (§4.11)."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from stdnum.iso7064 import mod_11_2

from accounts.models import User
from changelog.actions import PLACE, merge_records, undo_merge
from changelog.models import ChangeSet
from changzhi_portal.refusals import InvalidError
from changzhi_portal.registers.registry import register_named
from revisions.edits import histories_of
from revisions.effects import effects_on_register
from socialworkers.duplicates import are_nearly_one, is_old_form
from socialworkers.indicators import POSTINGS
from socialworkers.models import Posting, SocialWorker
from tests.factories import Place, id_number, make_posting, make_worker
from tests.pages import markup_of
from tests.queries import exactly, queries_of
from tests.uploads.office import Send, codes_of

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]
DAY = datetime.date(2018, 6, 30)


def numbered(first: str) -> str:
    """Return an ID number with its check character."""
    return first + mod_11_2.calc_check_digit(first)


NUMBER = numbered("14040219700102123")
SLIP = numbered("14040219700102124")  # one digit of the serial number
SWAPPED = numbered("14040219700102213")  # two neighbours


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def merge(kept: Any, merged: Any, by: User, *, taking: tuple[str, ...] = ()) -> ChangeSet:
    for record in (kept, merged):
        record.refresh_from_db()
    return merge_records(
        register=register_named("workers")(),
        kept=kept.ref,
        merged=merged.ref,
        versions=(kept.version, merged.version),
        from_merged=taking,
        reason="号码录错，登记了两次",
        by=by,
    )


def postings_of(worker: SocialWorker) -> list[tuple[str, str, bool]]:
    found = Posting.with_merged.filter(worker=worker).order_by("started_on")
    return [(str(each.started_on), str(each.ended_on or ""), each.is_newest) for each in found]


def reasons(place: Place) -> list[str]:
    return [pair.reason for pair in register_named("workers")().likely_duplicates(place.city.path, DAY)]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (NUMBER, SLIP, True),
        (NUMBER, SWAPPED, True),
        (NUMBER, numbered("14040219700102145"), False),
        (NUMBER, numbered("14040219700103123"), False),  # another birth date
        (NUMBER, numbered("14040219700102321"), False),  # swapped, but no neighbours
        (NUMBER, NUMBER, False),
    ],
)
def test_numbers_of_one_birth_date_are_nearly_one_by_a_digit_or_two_swapped_neighbours(
    one: str, other: str, expected: bool
) -> None:
    assert are_nearly_one(one, other) is expected
    assert are_nearly_one(other, one) is expected


def test_a_number_of_15_digits_is_the_old_form_of_one_of_18() -> None:
    old = f"{NUMBER[:6]}{NUMBER[8:17]}"
    assert is_old_form(old, NUMBER) and is_old_form(NUMBER, old)
    assert not is_old_form(old, SLIP) and not is_old_form(NUMBER, NUMBER)


def test_namesakes_are_candidates_only_with_a_second_sign(place: Place) -> None:
    here, there = place.communities[:2]
    make_worker(here, "张演示", id_number=NUMBER)
    make_worker(there, "张 演示", id_number=SLIP)
    assert reasons(place) == ["同名，出生日期相同，身份证号只差一位或相邻两位对调"]
    SocialWorker.objects.all().delete()
    far_apart = (id_number(5_000 * number) for number in range(1, 5))
    make_worker(here, "李演示", id_number=next(far_apart), phone="19900001111、0355-1234567")
    make_worker(there, "李演示", id_number=next(far_apart), phone="19900001111")
    make_worker(there, "王演示", id_number=next(far_apart), phone="19900001111")  # another name
    make_worker(there, "李演示", id_number=next(far_apart))  # no second sign
    assert reasons(place) == ["同名，联系电话相同"]


def test_the_pages_show_no_number_unmasked(place: Place, clerk: User, signed_in: SignedIn) -> None:
    kept, merged = (make_worker(place.communities[0], "张演示", id_number=number) for number in (NUMBER, SLIP))
    client = signed_in(clerk)
    listed = client.get(reverse("changelog:duplicates", args=["workers"]))
    assert "张演示" in markup_of(listed)
    compared = client.get(reverse("changelog:merge", args=["workers", kept.ref, merged.ref]))
    for number in (NUMBER, SLIP):
        assert number not in listed.content.decode() + compared.content.decode()


def test_the_list_of_candidates_needs_no_query_for_each_worker(place: Place, clerk: User, signed_in: SignedIn) -> None:
    client, url = signed_in(clerk), reverse("changelog:duplicates", args=["workers"])
    for number in range(4):
        make_worker(place.communities[0], f"演示{number // 2}", phone="19900001111")
    client.get(url)
    few = len(queries_of(lambda: client.get(url)))
    for number in range(4, 24):
        make_worker(place.communities[0], f"演示{number // 2}", phone="19900001111")
    with exactly(few):
        assert len(client.get(url).context["pairs"]) == 12


def test_earlier_postings_join_the_record_that_stays_and_overlapping_ones_stay_behind(
    place: Place, clerk: User
) -> None:
    first, second = place.communities[:2]
    kept = make_worker(first, "张演示", id_number=NUMBER, posting={"started_on": day("2017-07-01")})
    merged = make_worker(second, "张演示", id_number=SLIP, posting={"started_on": day("2018-01-01")})
    make_posting(merged, second, started_on=day("2015-01-01"), ended_on=day("2017-07-01"), is_newest=False)
    change_set = merge(kept, merged, clerk)
    assert postings_of(kept) == [("2015-01-01", "2017-07-01", False), ("2017-07-01", "", True)]
    assert postings_of(merged) == [
        ("2015-01-01", "2017-07-01", False),
        ("2018-01-01", str(timezone.localdate()), True),
    ]
    assert list(SocialWorker.objects.all()) == [kept]
    assert Posting.objects.count() == 2, "those of the duplicate are counted nowhere"
    assert change_set.records.count() == 3
    undo_merge(register=register_named("workers")(), ref=merged.ref, by=clerk)
    assert postings_of(kept) == [("2017-07-01", "", True)]
    assert postings_of(merged) == [("2015-01-01", "2017-07-01", False), ("2018-01-01", "", True)]
    assert SocialWorker.objects.count() == 2


def test_the_later_place_and_the_right_number_can_be_taken_over(place: Place, clerk: User) -> None:
    first, second = place.communities[:2]
    kept = make_worker(first, "张演示", id_number=SLIP, posting={"started_on": day("2017-07-01")})
    merged = make_worker(second, "张演示", id_number=NUMBER, posting={"started_on": day("2018-01-01")})
    merge(kept, merged, clerk, taking=(PLACE, "id_number"))
    kept.refresh_from_db()
    assert kept.id_number.reveal() == NUMBER
    assert postings_of(kept) == [("2017-07-01", "2018-01-01", False), ("2018-01-01", "", True)]
    assert Posting.objects.get(worker=kept, is_newest=True).community == second
    undo_merge(register=register_named("workers")(), ref=merged.ref, by=clerk)
    kept.refresh_from_db()
    assert (kept.id_number.reveal(), postings_of(kept)) == (SLIP, [("2017-07-01", "", True)])


def test_an_earlier_place_cannot_become_the_present_one(place: Place, clerk: User, signed_in: SignedIn) -> None:
    first, second = place.communities[:2]
    kept = make_worker(first, "张演示", id_number=NUMBER)
    merged = make_worker(second, "张演示", id_number=SLIP, posting={"started_on": day("2016-01-01")})
    with pytest.raises(InvalidError, match="对调两条记录"):
        merge(kept, merged, clerk, taking=(PLACE,))
    client, url = signed_in(clerk), reverse("changelog:merge", args=["workers", kept.ref, merged.ref])
    form = client.get(url).context["form"]
    data = {bound.html_name: str(bound.value() or "") for bound in form} | {"reason": "重复", "place": "merged"}
    answer = client.post(url, data)
    assert (answer.status_code, "对调两条记录" in markup_of(answer)) == (422, True)


def test_a_merge_is_previewed_and_shown_on_the_pages(place: Place, clerk: User, signed_in: SignedIn) -> None:
    first, second = place.communities[:2]
    kept = make_worker(first, "张演示", id_number=NUMBER)
    merged = make_worker(
        second, "张演示", id_number=SLIP, posting={"started_on": day("2015-01-01"), "ended_on": day("2016-01-01")}
    )
    client, url = signed_in(clerk), reverse("changelog:merge", args=["workers", kept.ref, merged.ref])
    form = client.get(url).context["form"]
    data = {bound.html_name: str(bound.value() or "") for bound in form} | {"reason": "重复"}
    shown = client.post(url, data)
    assert "2015-01-01至2016-01-01在“东关社区居委会”的任职并入保留的记录" in markup_of(shown)
    client.post(url, data | {"previewed": shown.context["previewed"]})
    page = markup_of(client.get(merged.get_absolute_url()))
    assert "已并入“" in page and "2015-01-01" in page and "撤销合并" in page
    assert merged.get_absolute_url() in markup_of(client.get(kept.get_absolute_url()))
    assert (
        "已并入" in page and markup_of(client.get(reverse("socialworkers:list"))).count("张演示") == 2
    )  # link and box


def test_a_locked_month_learns_that_the_duplicate_counted(place: Place, officer: User) -> None:
    kept, merged = (make_worker(place.communities[0], "张演示", id_number=number) for number in (NUMBER, SLIP))
    merge(kept, merged, officer)
    rows, related = (histories_of(model, ChangeSet.objects.all()) for model in (Posting, SocialWorker))
    effects = {history.key: states for history, states in effects_on_register(POSTINGS, {}, related, DAY)}
    assert effects[merged.pk][0] and not any(effects[merged.pk][-1].values())
    assert set(rows) == {Posting.with_merged.get(worker=merged).pk}


@pytest.mark.parametrize("named_by", ["number", "ref"])
def test_an_upload_that_names_the_duplicate_changes_the_record_that_stays(
    named_by: str, place: Place, clerk: User, send: Send
) -> None:
    first, second = place.communities[:2]
    kept = make_worker(first, "张演示", id_number=NUMBER)
    merged = make_worker(second, "张演示", id_number=SLIP, posting={"started_on": day("2018-01-01")})
    merge(kept, merged, clerk)
    row = {
        "记录编号": merged.ref if named_by == "ref" else "",
        "姓名": "张演示",
        "身份证号": SLIP,
        "县（市、区）": "城区",
        "街道（乡镇）": "东街街道办事处",
        "社区名称": "东关社区",
        "职业水平": "社会工作师",
        "到岗日期": "2018-01-01",
    }
    answer = send("workers", clerk, [row], commit="all")
    assert (answer["new"], answer["changed"], codes_of(answer)) == (0, 1, [])
    kept.refresh_from_db()
    assert (kept.level, kept.id_number.reveal()) == ("social_worker", NUMBER)
    assert postings_of(kept) == [("2017-07-01", "", True)], "the posting that stayed behind is not begun again"
    assert SocialWorker.objects.count() == 1


def test_another_office_that_uses_the_duplicates_number_means_the_person(
    place: Place, clerk: User, other_clerk: User, send: Send
) -> None:
    kept = make_worker(place.communities[0], "张演示", id_number=NUMBER)
    merge(kept, make_worker(place.communities[1], "张演示", id_number=SLIP), clerk)
    row = {
        "姓名": "张演示",
        "身份证号": SLIP,
        "县（市、区）": "襄垣县",
        "街道（乡镇）": "古韩镇",
        "社区名称": "西垴头村",
        "职业水平": "无",
        "到岗日期": "2018-06-01",
    }
    answer = send("workers", other_clerk, [row], commit="all")
    assert (answer["new"], codes_of(answer)) == (1, [])
    kept.refresh_from_db()
    assert kept.id_number.reveal() == NUMBER
    assert Posting.objects.get(is_newest=True).community == place.villages[0]


def test_the_database_refuses_a_worker_merged_into_itself_and_a_number_twice(place: Place) -> None:
    worker = make_worker(place.communities[0])
    with pytest.raises(IntegrityError), transaction.atomic():
        SocialWorker.objects.filter(pk=worker.pk).update(merged_into=worker.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_worker(place.communities[1], id_number=worker.id_number.reveal())
