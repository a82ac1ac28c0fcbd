"""Tests of an edition's life: what freezes, what an issued edition keeps (each move by each role: tests/changelog/test_flows.py)."""

from __future__ import annotations

import datetime
from unittest.mock import patch

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from changelog.flow import BY_PORTAL_ALONE
from changelog.models import TrailRecord
from changelog.trail import TrailKind, record_event
from changzhi_portal import jobs
from changzhi_portal.jobs import MAX_ATTEMPTS
from changzhi_portal.refusals import InvalidError, PortalError, StaleError
from periods.models import ReportingPeriod
from reports.actions import (
    edit_texts,
    issue_now,
    prepare_briefing,
    print_queued,
    printing,
    refresh_drafts,
    request_issue,
)
from reports.actions.texts import texts_digest
from reports.flow import FLOW
from reports.models import Briefing
from reports.sources import sources_of
from targets.actions import compute_period
from tests.factories import make_change_set, make_facility
from tests.reports.briefings import figures, make_briefing, make_issued, pdf_of

State, Stage = Briefing.State, Briefing.Stage
pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
NOTE = "两个县系统故障，先印发"


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture(autouse=True)
def quick_files(request, monkeypatch):
    """Make files of a few bytes, from the figures and texts, where a test does not ask for real ones."""
    if "real_files" not in request.fixturenames:
        monkeypatch.setattr(printing, "files_of", lambda briefing, issue: {"pdf": f"%PDF-1.7 {briefing.text}".encode()})


@pytest.fixture
def real_files():
    """Have files made as they are in the portal."""


@pytest.fixture
def draft(place, period):
    """Create the city's printed draft of June 2018."""
    make_facility(place.communities[0], area=600)
    return print_queued(prepare_briefing(period=period, division=place.city, by=None, queue=False).pk)


def moved(briefing, code, by, note=""):
    return FLOW.make(Briefing.objects.get(pk=briefing.pk), code, by=by, note=note)


# --- Moves ---


def test_the_way_from_draft_to_issue_leaves_its_steps(real_files, draft, officer, administrator):
    moved(draft, "review", officer)
    moved(draft, "approve", administrator, NOTE)
    moved(draft, "issue", officer)
    assert Briefing.objects.get().stage == Stage.ISSUING
    issued = print_queued(draft.pk)
    assert (issued.stage, issued.state, issued.issued_on) == (Stage.ISSUED, State.PRINTED, timezone.localdate())
    steps = [(step.move, step.before, step.after, step.made_by, step.note) for step in issued.steps.all()]
    assert steps == [
        ("review", "draft", "reviewed", officer, ""),
        ("approve", "reviewed", "approved", administrator, NOTE),
        ("issue", "approved", "issuing", officer, ""),
        ("finish", "issuing", "issued", None, ""),
    ]
    record = TrailRecord.objects.get(kind=TrailKind.ISSUED)
    assert (record.made_by, record.object_ref) == (officer, draft.ref)
    assert record.detail["code"] == issued.code


def test_an_edition_that_a_worker_prints_for_issue_is_not_moved(place, officer):
    issuing = make_issued(place.city, figures=figures(), stage=Stage.ISSUING)
    for code in ("issue", "send_back"):
        with pytest.raises(StaleError, match="正在印发，请等几秒钟再看结果。"):
            moved(issuing, code, officer, NOTE)
    assert not issuing.steps.exists()


def test_reports_that_are_missing_are_named_and_approval_then_needs_a_reason(draft, officer, administrator):
    moved(draft, "review", officer)
    with pytest.raises(InvalidError, match="没有接收：城区（未上报）"):
        moved(draft, "approve", administrator)
    assert Briefing.objects.get().stage == Stage.REVIEWED
    assert moved(draft, "approve", administrator, NOTE).stage == Stage.APPROVED


def test_what_goes_out_needs_a_reason_also_in_the_database(draft):
    with pytest.raises(IntegrityError), transaction.atomic():
        draft.steps.create(move="withdraw", before="issued", after="withdrawn")
    for values in ({"code": ""}, {"figures_sha256": ""}, {"issued_on": None}, {"issued_at": None}):
        proven = {"code": "1", "figures_sha256": "2", "issued_on": "2018-07-05", "issued_at": timezone.now()}
        with pytest.raises(IntegrityError), transaction.atomic():
            Briefing.objects.update(stage=Stage.ISSUED, **{**proven, **values})


# --- Figures ---


def test_a_draft_follows_the_registers_and_a_reviewed_edition_does_not(draft, place, officer):
    met = draft.stored_figures.targets[0].met
    make_facility(place.communities[1], area=700)
    make_change_set(officer)
    with pytest.raises(StaleError, match="草稿正在更新"):
        moved(draft, "review", officer)
    compute_period(draft.period)
    later = timezone.now() + datetime.timedelta(minutes=10)
    assert refresh_drafts(moment=timezone.now()) == 0, "not while the registers are being filled in"
    assert refresh_drafts(moment=later) == 1
    newer = print_queued(draft.pk)
    assert newer.stored_figures.targets[0].met == met + 1
    moved(newer, "review", officer)
    make_facility(place.communities[2], area=700)
    make_change_set(officer)
    compute_period(draft.period)
    assert refresh_drafts(moment=later) == 0
    prepare_briefing(period=draft.period, division=draft.division, by=officer, queue=False)
    assert print_queued(draft.pk) is None
    assert Briefing.objects.get().figures == newer.figures


def test_a_draft_that_is_up_to_date_is_not_printed_again(draft):
    assert refresh_drafts(moment=timezone.now() + datetime.timedelta(hours=1)) == 0


def test_a_month_that_has_not_ended_is_not_reviewed(place, officer):
    month = timezone.localdate().replace(day=1)
    period = ReportingPeriod.objects.for_month(month)
    briefing = make_briefing(place.city, period.code, figures=figures())
    Briefing.objects.update(state=State.PRINTED, printed_at=timezone.now())
    compute_period(period)
    Briefing.objects.update(printed_at=timezone.now(), sources=sources_of(briefing))
    with pytest.raises(StaleError, match="还没有结束"):
        moved(briefing, "review", officer)


def test_an_edition_sent_back_follows_the_registers_again(draft, place, officer):
    moved(draft, "review", officer)
    make_facility(place.communities[1], area=700)
    make_change_set(officer)
    with patch.object(jobs, "enqueue"):
        back = moved(draft, "send_back", officer, "数字不对")
    assert (back.stage, back.state) == (Stage.DRAFT, State.QUEUED)
    assert print_queued(draft.pk).stored_figures.targets[0].met == draft.stored_figures.targets[0].met + 1


# --- What was issued ---


def test_an_issued_edition_is_the_same_a_hundred_changes_later(draft, place, officer):
    issued = issue_now(draft, note=NOTE)
    kept, file = issued.figures, pdf_of(issued).read_bytes()
    for area in range(100):
        make_facility(place.communities[1], f"第{area}站", area=10)
    make_change_set(officer)
    compute_period(issued.period)
    for work in (
        lambda: refresh_drafts(moment=timezone.now() + datetime.timedelta(hours=1)),
        lambda: prepare_briefing(period=issued.period, division=issued.division, by=officer, queue=False),
        lambda: print_queued(issued.pk),
        lambda: edit_texts(
            briefing=issued, by=officer, seen=texts_digest(issued), values={"commentary": "改"}, remarks={}
        ),
        lambda: FLOW.make(issued, "send_back", by=officer, note="改"),
    ):
        try:
            work()
        except PortalError as refused:
            assert isinstance(refused, StaleError)
    issued.refresh_from_db()
    assert (issued.stage, issued.figures, pdf_of(issued).read_bytes()) == (Stage.ISSUED, kept, file)


def test_what_waits_is_sealed_before_issuing_so_that_paper_vouches_for_it(draft, officer):
    record_event(TrailKind.SIGNED_IN, by=officer)
    issued = issue_now(draft, note=NOTE)
    seal = TrailRecord.objects.get(kind=TrailKind.SIGNED_IN).seal
    assert issued.trail_head == f"{seal.seq}:{seal.mac[:16]}"
    assert issued.code and issued.figures_sha256


def test_an_edition_is_issued_also_when_the_trail_cannot_be_sealed_now(draft, officer, monkeypatch):
    record_event(TrailKind.SIGNED_IN, by=officer)

    def full():
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(printing, "seal_waiting", full)
    issued = issue_now(draft, note=NOTE)
    assert (issued.stage, issued.trail_head) == (Stage.ISSUED, "")


def test_a_worker_that_dies_while_issuing_is_followed_by_one_that_makes_the_same_edition(
    real_files, draft, monkeypatch
):
    requested = request_issue(draft, note=NOTE)
    made = []
    real = printing.files_of

    def dies(briefing, issue):
        made.append(real(briefing, issue))
        raise KeyboardInterrupt

    monkeypatch.setattr(printing, "files_of", dies)
    with pytest.raises(KeyboardInterrupt):
        print_queued(requested.pk)
    half = Briefing.objects.get()
    assert (half.stage, half.state) == (Stage.ISSUING, State.PRINTING)
    assert TrailRecord.objects.filter(kind=TrailKind.ISSUED).count() == 0
    monkeypatch.setattr(printing, "files_of", real)
    Briefing.objects.update(state=State.QUEUED, claim_token="")
    issued = print_queued(requested.pk)
    assert issued.code == half.code
    assert pdf_of(issued).read_bytes() == made[0]["pdf"]


def test_an_edition_whose_printing_fails_is_not_issued_and_may_be_tried_again_or_sent_back(
    real_files, draft, officer, settings, tmp_path
):
    fonts, settings.FONT_DIR = settings.FONT_DIR, tmp_path
    requested = request_issue(draft, note=NOTE)
    with pytest.raises(PortalError, match="make setup"):
        print_queued(requested.pk)
    failed = Briefing.objects.get()
    assert (failed.stage, failed.state, failed.issued_at) == (Stage.ISSUING, State.FAILED, None)
    assert {move.code for move in FLOW.offered(failed, officer)} == {"issue", "send_back"}
    settings.FONT_DIR = fonts
    with patch.object(jobs, "enqueue"):
        moved(failed, "issue", officer)
    assert print_queued(draft.pk).stage == Stage.ISSUED
    assert Briefing.objects.count() == 1, "no second number"


def test_an_edition_that_kills_its_workers_is_given_up_and_not_issued(draft):
    requested = request_issue(draft, note=NOTE)
    long_ago = timezone.now() - datetime.timedelta(hours=1)
    Briefing.objects.update(state=State.PRINTING, heartbeat_at=long_ago, attempts=MAX_ATTEMPTS)
    printing.PRINT.put_back()
    given_up = Briefing.objects.get()
    assert (given_up.pk, given_up.stage, given_up.state) == (requested.pk, Stage.ISSUING, State.FAILED)


# --- Who sees what ---


def test_drafts_are_for_the_bureau_alone(draft, place, officer, leader, auditor, signed_in):
    address = reverse("reports:briefing", args=[draft.ref])
    for user in (leader, auditor):
        browser = signed_in(user)
        assert browser.get(address).status_code == 404
        assert browser.get(reverse("reports:briefing_pdf", args=[draft.ref])).status_code == 404
        assert browser.get(f"/api/v1/briefings/{draft.ref}/").status_code == 404
        assert draft.ref not in browser.get(reverse("reports:briefings")).content.decode()
        assert "简报已印发" not in browser.get(reverse("reports:dashboard")).content.decode()
    assert signed_in(officer).get(address).status_code == 200


def test_a_withdrawn_edition_says_why_and_gives_no_file_to_leaders(place, administrator, officer, leader, signed_in):
    issued = make_issued(place.city, figures=figures())
    address, pdf = (reverse(f"reports:{name}", args=[issued.ref]) for name in ("briefing", "briefing_pdf"))
    answer = signed_in(administrator).post(
        reverse("reports:move_briefing", args=[issued.ref, "withdraw"]),
        {"note": "数据来源有误", "seen": issued.version},
    )
    assert answer["Location"] == address
    shown = signed_in(leader).get(address).content.decode()
    assert "已经撤回" in shown and "数据来源有误" in shown and pdf not in shown
    assert signed_in(leader).get(pdf).status_code == 302
    assert b"".join(signed_in(officer).get(pdf).streaming_content) == b"%PDF-1.7"
    assert TrailRecord.objects.get(kind=TrailKind.WITHDRAWN).reason == "数据来源有误"
    home = signed_in(leader).get(reverse("home")).content.decode()
    assert pdf not in home


# --- Pages ---


def test_the_page_offers_the_next_move_as_its_main_action(draft, officer, administrator, signed_in):
    address = reverse("reports:briefing", args=[draft.ref])
    shown = signed_in(officer).get(address).content.decode()
    assert "印发前还缺" in shown and "没有接收" in shown
    assert f'btn-primary" href="{reverse("reports:move_briefing", args=[draft.ref, "review"])}"' in shown
    moved(draft, "review", officer)
    approve = reverse("reports:move_briefing", args=[draft.ref, "approve"])
    assert "印发前还缺" in signed_in(administrator).get(approve).content.decode()
    assert approve not in signed_in(officer).get(address).content.decode()
    browser = signed_in(administrator)
    assert f'btn-primary" href="{approve}"' in browser.get(address).content.decode()
    version = Briefing.objects.get().version
    refused = browser.post(approve, {"seen": version})
    assert refused.status_code == 422 and "写明为什么" in refused.content.decode()
    assert browser.post(approve, {"seen": version, "note": NOTE})["Location"] == address
    assert signed_in(officer).get(approve).status_code == 403


def test_a_form_opened_before_somebody_else_moved_it_leads_back_with_a_sentence(draft, officer, signed_in):
    form = reverse("reports:move_briefing", args=[draft.ref, "review"])
    moved(draft, "review", officer)
    answer = signed_in(officer).get(form, follow=True)
    assert "当前状态是“待签发”，不能“审核通过”" in answer.content.decode()


@given(st.lists(st.tuples(st.sampled_from([move.code for move in FLOW.moves]), st.sampled_from(list(Stage)))))
def test_no_move_leads_from_what_was_issued_back_to_what_can_be_edited(walk):
    stage = Stage.ISSUED
    for code, _ in walk:
        move = FLOW.move(code)
        if stage in move.sources:
            stage = Stage(move.target)
    assert stage in Briefing.PUBLISHED
    assert all(move.right is BY_PORTAL_ALONE or move.label for move in FLOW.moves)
