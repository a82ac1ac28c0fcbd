"""Tests of 简报设置: how issues look and when they appear, by the administrators alone, with history."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from changelog.models import ChangeSet
from changzhi_portal.refusals import InvalidError, NotAllowedError, StaleError
from reports.actions import prepare_briefing, save_settings, settings_of
from reports.issue import issue_markup
from reports.models import BriefingSettings
from tests.reports.briefings import figures, issue

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
VALUES = {
    "masthead": "社区治理简报",
    "office": "长治市社区建设领导小组办公室",
    "seal_line": "签发：王某某",
    "reported_to": "省民政厅",
    "copied_to": "",
    "distributed_to": "各县",
    "copies": 50,
    "publication_day": 10,
    "needs_approval": True,
    "unread_workdays": 3,
}


def saved(division, by, seen=0, **changes):
    return save_settings(division=division, by=by, seen=seen, values={**VALUES, **changes})


def test_a_draft_takes_over_what_is_set(place, period, administrator):
    saved(place.city, administrator)
    place.city.refresh_from_db()
    draft = prepare_briefing(period=period, division=place.city, by=None, queue=False)
    assert (draft.masthead, draft.office, draft.seal_line, draft.copies, draft.reported_to) == (
        "社区治理简报",
        "长治市社区建设领导小组办公室",
        "签发：王某某",
        50,
        "省民政厅",
    )
    paper = issue_markup(
        issue(figures=figures(), **{name: VALUES[name] for name in ("masthead", "office", "seal_line")})
    )
    assert "社区治理简报" in paper and "长治市社区建设领导小组办公室" in paper and "签发：王某某" in paper


def test_without_settings_the_usual_ones_hold(place):
    usual = settings_of(place.county)
    assert (usual.pk, usual.masthead, usual.reported_to) == (None, "三社联动工作简报", "长治市民政局")


def test_changes_are_logged_and_a_stale_page_does_not_overwrite(place, administrator):
    first = saved(place.city, administrator)
    with pytest.raises(StaleError):
        saved(place.city, administrator, seen=0, copies=99)
    second = saved(place.city, administrator, seen=first.version, copies=99)
    assert (second.version, BriefingSettings.objects.count()) == (first.version + 1, 1)
    [record] = ChangeSet.objects.order_by("pk").last().records.all()
    assert (record.before, record.after) == ({"copies": 50}, {"copies": 99})


def test_only_administrators_set_and_only_sensible_values(place, officer, clerk, leader, administrator):
    for user in (officer, clerk, leader):
        with pytest.raises(NotAllowedError):
            saved(place.city, user)
    for wrong, field in (
        ({"masthead": ""}, "masthead"),
        ({"publication_day": 32}, "publication_day"),
        ({"copies": 0}, "copies"),
    ):
        with pytest.raises(InvalidError) as refused:
            saved(place.city, administrator, **wrong)
        assert refused.value.field in {field, "__all__"}
    assert not BriefingSettings.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        BriefingSettings.objects.create(division=place.city, publication_day=0)


def test_the_pages_list_every_division_and_save_one(place, administrator, officer, signed_in):
    browser = signed_in(administrator)
    listed = browser.get(reverse("reports:briefing_settings")).content.decode()
    assert "长治市" in listed and "城区" in listed and "人工印发" in listed
    address = reverse("reports:edit_briefing_settings", args=[place.city.ref])
    assert browser.post(address, {**VALUES, "seen": 0})["Location"] == reverse("reports:briefing_settings")
    assert BriefingSettings.objects.get().publication_day == 10
    wrong = browser.post(address, {**VALUES, "seen": 1, "publication_day": 40})
    assert wrong.status_code == 422
    assert wrong.context["form"].errors == {"publication_day": ["印发日请填1到31之间的整数，或者不填。"]}
    assert "最多12个字" in wrong.content.decode()
    assert signed_in(officer).get(address).status_code == 403
