"""Tests of `manage.py brief`: without broker or worker, a whole file or none, and the exit status."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from pypdf import PdfReader

from periods.models import ReportingPeriod
from reports.models import Briefing
from targets.models import Computation
from tests.factories import make_community, make_facility

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"  # no broker listens there


def brief(tmp_path, *arguments):
    """Return the command's output, and the path of the file that it was told to write."""
    output = tmp_path / "out" / "briefing.pdf"
    output.parent.mkdir(exist_ok=True)
    printed = io.StringIO()
    call_command("brief", *arguments, "--output", str(output), stdout=printed)
    return printed.getvalue(), output


def refused(tmp_path, *arguments):
    """Return exit status and sentence of a refusal; check that nothing was written."""
    with pytest.raises(CommandError) as refusal:
        brief(tmp_path, *arguments)
    assert list((tmp_path / "out").iterdir()) == []
    return refusal.value.returncode, str(refusal.value)


def test_the_citys_briefing_is_the_default_and_the_month_is_measured_first(place, tmp_path):
    make_facility(place.communities[0])
    printed, output = brief(tmp_path, "--period", "2018-06")
    assert printed == f"{output}\n"
    assert PdfReader(output).metadata.title == "2018年6月全市“三社联动”目标完成情况（草稿）"
    assert list(output.parent.iterdir()) == [output]
    assert Computation.objects.get().period.code == "2018-06"
    briefing = Briefing.objects.get()
    assert (briefing.state, briefing.division, briefing.printed_by) == (Briefing.State.PRINTED, place.city, None)


def test_a_countys_briefing_by_its_code(place, tmp_path):
    _, output = brief(tmp_path, "--period", "2018-06", "--division", "140423")
    assert PdfReader(output).metadata.title == "2018年6月襄垣县“三社联动”目标完成情况（草稿）"


def test_printing_again_replaces_the_file_with_the_same(place, tmp_path):
    make_facility(place.communities[0])
    _, output = brief(tmp_path, "--period", "2018-06")
    first = output.read_bytes()
    brief(tmp_path, "--period", "2018-06")
    assert output.read_bytes() == first
    assert Briefing.objects.count() == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--period", "2018-6"), "Write it as YYYY-MM"),
        (("--period", "2018-13"), "is not a period"),
        (("--period", "2017-06"), "No target plan is in force"),
        (("--period", "2099-06"), "has not begun"),
        (("--period", "2018-06", "--division", "999999"), "No division has the code '999999'"),
        (("--period", "2018-06", "--division", "140402001"), "is a town"),
        (("--period", "2018-06", "--division", ""), "No division has the code"),
    ],
)
def test_an_unknown_month_or_division_ends_with_3_and_a_sentence_in_both_languages(
    place, tmp_path, arguments, sentence
):
    status, said = refused(tmp_path, *arguments)
    assert status == 3
    assert sentence in said
    assert len(said.splitlines()) == 2, "a Chinese sentence and an English one"
    assert not Briefing.objects.exists()
    assert not ReportingPeriod.objects.exclude(month__year=2018).exists(), "a refused month stays out of the calendar"


def test_an_empty_portal_says_how_to_load_the_divisions(db, tmp_path):
    assert refused(tmp_path, "--period", "2018-06") == (
        3,
        "还没有行政区划数据，请先载入。\nThere are no divisions yet. Run: manage.py load_divisions",
    )


def test_a_missing_font_ends_with_1_and_the_cure(place, tmp_path, settings):
    settings.FONT_DIR = tmp_path / "no-fonts"
    status, said = refused(tmp_path, "--period", "2018-06")
    assert status == 1
    assert "FandolFang-Regular.otf" in said and said.endswith("Run: make setup")


def test_a_missing_glyph_ends_with_1_and_names_the_character(place, tmp_path):
    community = make_community(place.street, "和\ue123平社区居委会")
    make_facility(community, area=100)
    status, said = refused(tmp_path, "--period", "2018-06")
    assert status == 1
    assert "U+E123" in said


def test_an_issue_being_printed_right_now_is_not_printed_twice(place, period, tmp_path):
    brief(tmp_path, "--period", "2018-06")[1].unlink()
    Briefing.objects.update(state=Briefing.State.PRINTING, claim_token="worker")
    status, said = refused(tmp_path, "--period", "2018-06")
    assert status == 1
    assert "Try again in a moment" in said


def test_a_folder_that_does_not_exist_is_said_before_any_work(place, tmp_path):
    with pytest.raises(CommandError, match="a folder that exists") as refusal:
        call_command("brief", "--period", "2018-06", "--output", str(tmp_path / "no" / "x.pdf"))
    assert refusal.value.returncode == 1
    assert not Computation.objects.exists()
