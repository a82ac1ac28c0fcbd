"""Tests of the texts that people write into a draft: beside the generated text, with history; figures stay."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from django.urls import reverse
from django.utils import timezone

from changelog.models import ChangeSet
from changzhi_portal import jobs
from changzhi_portal.refusals import InvalidError, NotAllowedError, StaleError
from reports.actions import edit_texts
from reports.issue import issue_text
from reports.models import Briefing
from reports.plain_text import plain_text
from tests.pages import markup_of
from tests.reports.briefings import figures, make_briefing, make_issued

State = Briefing.State
pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


@pytest.fixture
def draft(place):
    """Create the city's printed draft of June 2018."""
    briefing = make_briefing(place.city, figures=figures())
    Briefing.objects.update(state=State.PRINTED, printed_at=timezone.now())
    briefing.refresh_from_db()
    return briefing


def edited(briefing, by, *, remarks=None, seen=None, **values):
    with patch.object(jobs, "enqueue"):
        return edit_texts(
            briefing=briefing,
            by=by,
            seen=briefing.version if seen is None else seen,
            values=values,
            remarks=remarks or {},
        )


def test_texts_stand_in_the_issue_where_they_belong(draft, officer):
    kept = draft.figures
    changed = edited(
        draft,
        officer,
        commentary="编者按。",
        next_steps="第一段。\n第二段。",
        remarks={"urban_facility_area": "东街新建综合楼已开工。"},
    )
    assert (changed.state, changed.version, changed.figures) == (State.QUEUED, draft.version + 1, kept)
    text = plain_text(issue_text(changed))
    assert "编者按。" in text and "第二段。" in text
    assert text.index("达标96个") < text.index("东街新建综合楼已开工。")


def test_every_change_is_logged_with_old_and_new_text_and_shown_on_the_page(draft, officer, signed_in):
    first = edited(draft, officer, commentary="旧的按语", remarks={"urban_facility_area": "旧的说明"})
    edited(first, officer, commentary="新的按语", remarks={})
    newest = ChangeSet.objects.order_by("pk").last()
    assert newest.affects_figures is False
    [record] = newest.records.all()
    assert (record.before["commentary"], record.after["commentary"]) == ("旧的按语", "新的按语")
    assert (record.before["remark:urban_facility_area"], record.after["remark:urban_facility_area"]) == ("旧的说明", "")
    shown = markup_of(signed_in(officer).get(reverse("reports:briefing", args=[draft.ref])))
    assert "文字修改记录" in shown and "旧的按语" in shown and "新的按语" in shown
    assert "城市社区设施面积：说明" in shown and "remark:" not in shown
    assert "新写：<ins>旧的说明</ins>" in shown and "删去：<del>旧的说明</del>" in shown


def test_saving_without_a_change_changes_nothing(draft, officer):
    same = edited(draft, officer, commentary="", copies=draft.copies)
    assert (same.version, same.state) == (draft.version, State.PRINTED)
    assert not ChangeSet.objects.exists()


def test_texts_of_others_are_not_overwritten_and_only_drafts_are_edited(draft, place, officer, leader, clerk):
    edited(draft, officer, commentary="甲写的")
    with pytest.raises(StaleError, match="别人改了这份草稿"):
        edited(draft, officer, commentary="乙写的", seen=draft.version)
    for user in (leader, clerk):
        with pytest.raises(NotAllowedError):
            edited(draft, user, commentary="改")
    issued = make_issued(place.county, figures=figures())
    with pytest.raises(StaleError, match="已印发"):
        edited(issued, officer, commentary="改")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [({"commentary": "长" * 2001}, "2000"), ({"next_steps": "联系人电话13812345678"}, "文字")],
)
def test_a_text_too_long_or_with_a_personal_number_is_refused_whole(draft, officer, values, sentence):
    with pytest.raises(InvalidError, match=sentence):
        edited(draft, officer, **values)
    assert Briefing.objects.get().version == draft.version


def test_the_form_shows_a_field_at_each_target_beside_the_generated_text(draft, officer, leader, signed_in):
    address = reverse("reports:edit_briefing", args=[draft.ref])
    browser = signed_in(officer)
    shown = markup_of(browser.get(address))
    assert "城市社区设施面积：说明" in shown and "达标96个" in shown
    order = [
        shown.index(part) for part in ("按语", "分项说明", "达标96个", "城市社区设施面积：说明", "报送和印数", "印数<")
    ]
    assert order == sorted(order)
    refused = browser.post(address, {"seen": draft.version, "copies": 0})
    assert "印数请填1到9999之间的整数。" in markup_of(refused)
    sent = {
        "seen": draft.version,
        "commentary": "按语",
        "remark:urban_facility_area": "说明",
        "copies": "40",
        "reported_to": "省厅",
    }
    with patch.object(jobs, "enqueue"):
        assert browser.post(address, sent)["Location"] == reverse("reports:briefing", args=[draft.ref])
    stored = Briefing.objects.get()
    assert (stored.commentary, stored.remarks, stored.copies) == ("按语", {"urban_facility_area": "说明"}, 40)
    stale = browser.post(address, {**sent, "commentary": "另一个"})
    assert stale.status_code == 409 and "另一个" in stale.content.decode(), "what was typed is kept"
    assert signed_in(leader).get(address).status_code == 403
