"""The shipped plan corresponds to the policy document."""

import datetime
import re

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError

from changzhi_portal.refusals import NotFoundError
from targets.models import Target, TargetPlan
from targets.reference import load_plans

pytestmark = pytest.mark.django_db


def test_the_seven_targets_of_the_2020_plan_are_there_and_valid():
    plan = TargetPlan.objects.get(code="2020")
    assert (plan.starts_on, plan.ends_on) == (datetime.date(2017, 11, 14), datetime.date(2020, 12, 31))
    targets = list(plan.targets.order_by("position"))
    bounds = {target.code: (target.at_least, target.at_most, target.minimum_population) for target in targets}
    assert bounds == {
        "urban_facility_area": (500, None, None),
        "urban_org_count": (10, None, None),
        "rural_org_count": (5, None, 3000),
        "urban_professionals": (2, 5, None),
        "rural_professionals": (1, None, None),
        "district_agencies": (3, 5, None),
        "workforce_total": (None, None, None),
    }
    assert [target.code for target in targets if not target.is_scored] == ["workforce_total"]
    for target in targets:
        target.full_clean()


def test_every_quotation_stands_in_the_document():
    document = settings.BASE_DIR.parent / "shared" / "reference" / "policy.md"
    if not document.exists():
        pytest.skip(f"NOT CHECKED: the document is not at {document}")
    text = re.sub(r"\s", "", document.read_text(encoding="utf-8"))
    for target in Target.objects.filter(plan__code="2020"):
        assert target.quotation in text, target.code


def test_loading_again_adds_nothing_and_keeps_what_people_changed():
    Target.objects.filter(code="urban_org_count").update(at_least=12)
    load_plans(TargetPlan, Target)
    assert (TargetPlan.objects.count(), Target.objects.count()) == (2, 12)
    assert Target.objects.get(code="urban_org_count").at_least == 12


def test_loading_adds_what_is_missing():
    Target.objects.filter(code="urban_org_count").delete()
    load_plans(apps.get_model("targets", "TargetPlan"), apps.get_model("targets", "Target"))
    assert Target.objects.get(code="urban_org_count").position == 2


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("2017-11-14", "2020"),
        ("2020-12-31", "2020"),
        ("2021-01-31", "2025"),
        ("2025-12-31", "2025"),
        ("2026-01-31", "2025"),
        ("2026-03-01", "next"),
        ("2030-12-31", "next"),
        ("2031-01-31", "next"),
    ],
)
def test_a_month_is_judged_by_the_plan_in_force_or_else_by_the_last_one(day, code):
    TargetPlan.objects.create(
        code="next", title="下一方案", document="某文件", starts_on="2026-03-01", ends_on="2030-12-31"
    )
    assert TargetPlan.objects.in_force_on(datetime.date.fromisoformat(day)).code == code


def test_before_the_first_plan_there_is_none():
    with pytest.raises(NotFoundError) as refusal:
        TargetPlan.objects.in_force_on(datetime.date(2017, 11, 13))
    assert "2017年11月13日" in str(refusal.value)
    assert "2017-11-14" in refusal.value.cure


@pytest.mark.parametrize(
    "change",
    [
        {"indicator": "happiness"},
        {"counting_rule": {"registration": ["unknown"]}},
        {"counting_rule": {"level": ["senior"]}},
        {"level": "county", "kind": ""},
    ],
)
def test_a_target_that_nobody_can_measure_does_not_validate(change):
    target = Target.objects.get(code="urban_org_count")
    for name, value in change.items():
        setattr(target, name, value)
    with pytest.raises(ValidationError):
        target.full_clean()
