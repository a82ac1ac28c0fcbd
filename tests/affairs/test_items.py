"""Tests of the sheet of matters: who keeps it, what it refuses, and versions with their materials."""

from __future__ import annotations

import datetime

import pytest
from django.db import IntegrityError, transaction

from affairs.models import Item, ItemMaterial, ItemVersion
from affairs.sheets import ItemSheet
from changelog.actions import edit_record
from tests.affairs.rows import item_row
from tests.factories import make_item
from tests.uploads.office import codes_of

pytestmark = pytest.mark.django_db
DAY = datetime.date(2018, 6, 1)


def listed(item, **conditions):
    """Return the names of the materials that the newest version of an item asks for."""
    newest = item.versions.get(is_newest=True)
    return list(newest.listed.filter(is_listed=True, **conditions).values_list("name", flat=True))


def test_the_bureaus_administrators_keep_it_and_nobody_else(send, administrator, officer, clerk, street_clerk):
    for user in (officer, clerk, street_clerk):
        assert codes_of(send("items", user, [item_row(备注=user.username)])) == ["out_of_scope"]
    assert send("items", administrator, [item_row()], commit="all")["new"] == 1
    item = Item.objects.get()
    assert (item.division.name, item.state) == ("长治市", "in_use")
    assert listed(item) == ["居民身份证", "照片"]
    assert listed(item, is_reusable=True, valid_months=12) == ["居民身份证"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"承诺时限（工作日）": 21}, "bad_number"),  # promised ≤ legal
        ({"办件类型": "即办件"}, "bad_number"),  # instant ⇒ 0
        ({"基本编码": "00051100100"}, "bad_number"),  # 11 digits
        ({"基本编码": "00051100100A"}, "bad_number"),
        ({"止": "2017-12-31"}, "date_order"),
        ({"申请材料": "身份证；身份证"}, "bad_choice"),
        ({"通办范围": "全省"}, "bad_choice"),
        ({"起": ""}, "required"),
    ],
)
def test_what_no_item_can_be_is_refused(send, administrator, changes, code):
    answer = send("items", administrator, [item_row(**changes)])
    assert (codes_of(answer), Item.objects.count()) == ([code], 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"办件类型": "即办件", "法定时限（工作日）": 0, "承诺时限（工作日）": 0},
        {"承诺时限（工作日）": 20},
        {"法定时限（工作日）": "", "承诺时限（工作日）": 90},
        {"基本编码": "000511001000"},
        {"申请材料": ""},
    ],
)
def test_what_an_item_may_be_is_taken(send, administrator, changes):
    assert send("items", administrator, [item_row(**changes)], commit="all")["new"] == 1


def test_the_database_holds_the_limits_too(place):
    item = make_item(place.city)
    version = item.versions.get()
    for changes in (
        {"promised_days": 21},
        {"mode": "instant"},
        {"valid_to": datetime.date(2016, 1, 1)},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            ItemVersion.objects.filter(pk=version.pk).update(**changes)
    with pytest.raises(IntegrityError), transaction.atomic():
        Item.objects.filter(pk=item.pk).update(catalogue_code="123")
    with pytest.raises(IntegrityError), transaction.atomic():
        ItemMaterial.objects.create(version=version, name="身份证", is_reusable=True)


def test_a_code_is_in_force_once(place):
    item = make_item(place.city, code="SX-1")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_item(place.city, code="sx-1")
    with pytest.raises(IntegrityError), transaction.atomic():
        ItemVersion.objects.create(
            item=item, mode="promised", promised_days=3, reach="city", valid_from=DAY, is_newest=False
        )


def test_a_change_from_a_day_makes_a_new_version_and_leaves_the_old_one(send, administrator, place):
    item = make_item(place.city, "演示高龄津贴申请", code="SX-1", materials="居民身份证；户口簿")
    old = item.versions.get()
    rows = [item_row(起="2018-06-01", **{"承诺时限（工作日）": 3})]
    assert send("items", administrator, rows, commit="all")["changed"] == 1
    old.refresh_from_db()
    new = item.versions.get(is_newest=True)
    assert (old.promised_days, old.valid_to, old.is_newest) == (5, DAY, False)
    assert [each.name for each in old.listed.filter(is_listed=True)] == ["居民身份证", "户口簿"]
    assert (new.promised_days, new.valid_from, listed(item)) == (3, DAY, ["居民身份证", "照片"])
    assert item.version_on(DAY - datetime.timedelta(days=1)) == old
    assert item.version_on(DAY) == new


def test_what_a_new_version_does_not_say_stays_as_it_was(administrator, place):
    item = make_item(place.city, materials="居民身份证（可容缺）", basis="演示条例")
    edit_record(
        register=ItemSheet(),
        values={"promised_days": "2", "valid_from": "2018-06-01"},
        by=administrator,
        ref=item.ref,
        version=1,
    )
    new = item.versions.get(is_newest=True)
    assert (new.promised_days, new.legal_days, new.basis, new.reach) == (2, 20, "演示条例", "city")
    assert listed(item, may_follow=True) == ["居民身份证"]
    item.refresh_from_db()
    assert item.version == 2, "who edits the item sees its versions on the same page"


def test_a_correction_of_a_version_strikes_materials_and_takes_them_back(administrator, place):
    item = make_item(place.city, materials="居民身份证；照片")

    def correct(materials):
        item.refresh_from_db()
        done = edit_record(
            register=ItemSheet(),
            values={"materials": materials},
            by=administrator,
            ref=item.ref,
            version=item.version,
            corrects=True,
        )
        assert not done.has_error
        return done

    done = correct("照片（非必要）；户口簿")
    assert listed(item) == ["照片", "户口簿"]
    assert done.row.also == ("不再要求：居民身份证",)
    assert listed(item, is_required=False) == ["照片"]
    correct("居民身份证；照片")
    assert listed(item, is_required=True) == ["居民身份证", "照片"]
    assert ItemMaterial.objects.count() == 3 and item.versions.count() == 1


def test_a_row_of_an_older_day_changes_nothing(send, administrator, place):
    make_item(place.city, code="SX-1", valid_from=datetime.date(2018, 3, 1))
    assert codes_of(send("items", administrator, [item_row(起="2018-01-01")])) == ["date_order"]


def test_a_corrected_first_day_moves_the_end_of_the_version_before(administrator, place):
    item = make_item(place.city)
    for corrects, day in ((False, "2018-06-01"), (True, "2018-06-11")):
        item.refresh_from_db()
        edit_record(
            register=ItemSheet(),
            values={"valid_from": day, "promised_days": "3"},
            by=administrator,
            ref=item.ref,
            version=item.version,
            corrects=corrects,
        )
    days = list(item.versions.order_by("valid_from").values_list("valid_from", "valid_to"))
    moved = datetime.date(2018, 6, 11)
    assert days == [(datetime.date(2017, 1, 1), moved), (moved, None)]


def test_what_may_be_handed_in_depends_on_state_and_version(place):
    used = make_item(place.city)
    make_item(place.city, state="paused")
    make_item(place.city, state="cancelled")
    make_item(place.city, valid_to=DAY)
    make_item(place.city, valid_from=datetime.date(2018, 7, 1))
    assert list(Item.objects.in_use_on(DAY)) == [used]
    assert [item for item in Item.objects.all() if item.is_in_use_on(DAY)] == [used]


def test_the_materials_of_an_item_are_those_of_its_text(send, administrator, place):
    send("items", administrator, [item_row(申请材料="3.照片（可容缺）\n4.户口簿")], commit="all")
    version = Item.objects.get().versions.get()
    assert version.materials == "照片（可容缺）；户口簿"
    assert [(each.position, each.name, each.marks) for each in version.listed.all()] == [
        (1, "照片", "可容缺"),
        (2, "户口簿", ""),
    ]
