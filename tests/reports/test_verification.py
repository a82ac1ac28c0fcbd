"""Tests of 核验简报: what whoever holds an issue is told about it, without signing in."""

from __future__ import annotations

import datetime
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from reports.files import figures_sha256
from reports.genuine import code_of
from reports.models import Briefing, BriefingStep
from reports.stored_figures import to_json
from tests.reports.briefings import figures, make_issued

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

PDF = b"%PDF-1.7 an issue"


def issued(place, **fields) -> Briefing:
    """Create an issued edition with the code that it is bound to."""
    edition = fields.get("edition", 1)
    stored = to_json(figures())
    ref, head, digest = f"BRTESTEDITION{edition}"[-13:], "1024:0123456789abcdef", figures_sha256(stored, {})
    proven = {"ref": ref, "trail_head": head, "figures_sha256": digest, "code": code_of(digest, head, ref, edition)}
    return make_issued(place.city, figures=figures(), pdf=fields.pop("pdf", PDF), **{**proven, **fields})


def page_of(code: str, browser: Client | None = None):
    return (browser or Client()).get(reverse("reports:verify_code", args=[code]))


def sent(content: bytes, name: str = "简报.pdf", code: str = ""):
    address = reverse("reports:verify_code", args=[code]) if code else reverse("reports:verify")
    return Client().post(address, {"file": SimpleUploadedFile(name, content)})


def test_a_visitor_sees_the_front_page_of_an_issue_and_that_it_is_in_force(place):
    briefing = issued(place)
    answer = page_of(briefing.code)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "现行有效" in text
    for shown in ("长治市民政局", briefing.number_line, "2018年7月5日", briefing.code, briefing.figures_sha256):
        assert shown in text
    assert briefing.files.get().sha256 in text
    assert briefing.trail_head in text


def test_no_figure_and_no_text_of_the_body_is_shown(place):
    text = page_of(issued(place, commentary="只给领导看的按语").code).content.decode()
    assert "62.7" not in text
    assert "和平社区" not in text
    assert "只给领导看的按语" not in text


def test_nobody_gets_a_cookie_and_nothing_is_kept_in_a_cache(place):
    briefing = issued(place)
    for answer in (
        page_of(briefing.code),
        Client().get(reverse("reports:verify")),
        sent(PDF),
        sent(PDF, code=briefing.code),
        sent(b"", code=briefing.code),
    ):
        assert not answer.cookies
        assert "no-store" in answer["Cache-Control"]


def test_a_code_may_be_typed_as_it_is_read_off_paper(place):
    briefing = issued(place)
    typed = f" {briefing.code.lower().replace('0', 'o').replace('1', 'l').replace('-', ' ')} "
    answer = Client().get(reverse("reports:verify"), {"code": typed})
    assert answer["Location"] == reverse("reports:verify_code", args=[briefing.code])
    assert Client().get(reverse("reports:verify_code", args=[briefing.code.lower()])).status_code == 302


def test_an_unknown_code_is_answered_in_one_sentence(place):
    issued(place)
    text = page_of("0000-0000-0000-0000").content.decode()
    assert "没有找到核验码为0000-0000-0000-0000的简报" in text
    assert "现行有效" not in text


def test_what_is_no_code_is_refused_at_its_field(place):
    answer = Client().get(reverse("reports:verify"), {"code": "长治"})
    assert answer.status_code == 422
    assert "核验码应为16位" in answer.content.decode()


def test_what_has_not_been_issued_is_not_found(place):
    briefing = issued(place)
    Briefing.objects.filter(pk=briefing.pk).update(stage=Briefing.Stage.APPROVED)
    assert "没有找到" in page_of(briefing.code).content.decode()
    assert "都不一致" in sent(PDF).content.decode()


def test_a_corrected_issue_leads_to_its_correction(place):
    first = issued(place)
    corrected = {
        "edition": 2,
        "correction_reason": "登记有误",
        "issued_on": datetime.date(2018, 8, 1),
        "pdf": b"%PDF-2",
    }
    second = issued(place, **corrected)
    text = page_of(first.code).content.decode()
    assert "已被更正" in text
    assert second.number_line in text
    assert "2018年8月1日" in text
    assert "现行有效" in page_of(second.code).content.decode()


def test_a_corrected_issue_is_not_in_force_again_when_its_correction_is_withdrawn(place):
    first = issued(place)
    second = issued(
        place, edition=2, correction_reason="登记有误", issued_on=datetime.date(2018, 8, 1), pdf=b"%PDF-2",
        stage=Briefing.Stage.WITHDRAWN,
    )  # fmt: skip
    text = page_of(first.code).content.decode()
    assert "现行有效" not in text
    assert f"已被{second.number_line}更正，更正后的一版也已撤回" in text
    assert not Briefing.objects.in_force().exists()


def test_a_withdrawn_issue_is_said_to_be_withdrawn(place):
    briefing = issued(place, stage=Briefing.Stage.WITHDRAWN)
    BriefingStep.objects.create(
        briefing=briefing, move="withdraw", before="issued", after="withdrawn", note="数据来源有误"
    )
    text = page_of(briefing.code).content.decode()
    assert "已撤回" in text and "撤回原因：数据来源有误" in text


def test_the_page_to_sign_in_leads_to_the_check():
    assert f'href="{reverse("reports:verify")}"' in Client().get(reverse("accounts:login")).content.decode()


def test_a_figure_that_was_changed_in_the_database_is_noticed(place):
    briefing = issued(place)
    changed = to_json(figures())
    changed["targets"][0]["met"] += 1
    Briefing.objects.filter(pk=briefing.pk).update(figures=changed)
    text = page_of(briefing.code).content.decode()
    assert "与核验码不符" in text
    assert "现行有效" not in text


def test_the_issued_file_is_recognised_with_and_without_the_code(place):
    briefing = issued(place)
    for answer in (sent(PDF), sent(PDF, code=briefing.code)):
        text = answer.content.decode()
        assert "与印发的原文件一致" in text
        assert briefing.number_line in text


def test_a_file_with_one_byte_changed_is_not(place):
    briefing = issued(place)
    for answer in (sent(PDF + b"\n"), sent(PDF + b"\n", code=briefing.code)):
        text = answer.content.decode()
        assert "都不一致" in text
        assert "与印发的原文件一致" not in text


def test_the_file_of_another_issue_is_not_taken_for_this_one(place):
    first = issued(place)
    issued(place, edition=2, correction_reason="登记有误", pdf=b"%PDF-2")
    text = sent(b"%PDF-2", code=first.code).content.decode()
    assert f"不是核验码{first.code}的那一期" in text


@pytest.mark.parametrize(("content", "sentence"), [(b"", "这个文件是空的"), (None, "请选择要核验的文件")])
def test_an_empty_or_missing_file_is_refused_in_one_sentence(place, content, sentence):
    data = {} if content is None else {"file": SimpleUploadedFile("空.pdf", content)}
    answer = Client().post(reverse("reports:verify"), data)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_a_large_file_is_hashed_and_never_written_down(place, tmp_path, settings, monkeypatch):
    large = b"%PDF" + b"0" * (4 * 1024 * 1024)
    issued(place, pdf=large)
    monkeypatch.setattr("tempfile.TemporaryFile", None)
    assert "与印发的原文件一致" in sent(large).content.decode()


def test_a_file_beyond_the_limit_of_a_form_is_refused(place, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert sent(b"0" * 2000).status_code == 413


def test_one_address_may_not_ask_without_end(place, settings):
    settings.REQUESTS_PER_MINUTE = {**settings.REQUESTS_PER_MINUTE, "verifications": 2}
    statuses = [page_of("0000-0000-0000-0000").status_code for _ in range(4)]
    assert 429 in statuses
    other = Client(REMOTE_ADDR="10.1.2.3")
    assert page_of("0000-0000-0000-0000", other).status_code == 200


def test_the_command_knows_an_issued_file(place, tmp_path):
    briefing = issued(place)
    path, said = tmp_path / "issue.pdf", io.StringIO()
    path.write_bytes(PDF)
    call_command("verify_briefing", str(path), stdout=said)
    assert said.getvalue().startswith("有效\n")
    assert briefing.code in said.getvalue()
    path.write_bytes(PDF + b" ")
    with pytest.raises(CommandError, match="被改动过"):
        call_command("verify_briefing", str(path))
