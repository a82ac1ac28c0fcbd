"""Scope (docs/architecture.md, decision 4): rows that belong to a division are limited to what a user may see."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils import timezone

from accounts.models import Department, Role, SuccessionList, User
from changelog.models import ChangeRecord, ChangeSet, DistinctPair, TrailKind, TrailRecord
from changzhi_portal.scope import ScopedModel
from communities.models import (
    Community,
    CommunityEntry,
    CommunityPlacement,
    CommunityProfile,
    Contact,
    Division,
    Facility,
    GovernanceBody,
    MonthlyCount,
    MonthlyReport,
    RecordMove,
    ServicePoint,
)
from connections.models import ApiClient, ApiToken, Delivery, Webhook
from notices.models import Announcement, Notice
from orgs.models import Filing, FilingStep, SocialOrganization, Support
from participation.models import Activity, Survey, SurveyCount, SurveyStep
from periods.models import ReportingPeriod
from practice.models import Document, Story, StoryStep
from reports.models import (
    Briefing,
    BriefingDelivery,
    BriefingFile,
    BriefingRecipient,
    BriefingSettings,
    BriefingStep,
    PublicationDay,
)
from revisions.models import LockedChange, LockedComparison, LockedResultChange
from services.models import CatalogueItem, Payment, ProjectCommunity, Review, ServiceProject
from socialworkers.models import Posting, SocialWorker, Training, TrainingRecord
from submissions.models import FindingComment, Reminder, Submission, SubmissionStep
from targets.models import CommunityMeasure, DivisionMeasure, FigureResult, Target, TargetResult
from tests.addresses import make_delivery_of
from tests.architecture.apps import own_models
from tests.connections.clients import make_client, make_token
from tests.connections.receivers import make_delivery, make_webhook
from tests.factories import (
    make_activity,
    make_batch,
    make_catalogue_item,
    make_change_set,
    make_community,
    make_count,
    make_department,
    make_document,
    make_facility,
    make_filing,
    make_governance_body,
    make_hours,
    make_monthly_report,
    make_organization,
    make_payment,
    make_point,
    make_profile,
    make_project,
    make_review,
    make_story,
    make_support,
    make_survey,
    make_training,
    make_user,
    make_work_item,
    make_worker,
)
from tests.reports.briefings import make_issued
from uploads.models import ColumnMapping, UploadBatch, UploadRow
from workload.models import Assessment, AssessmentScheme, WorkItem, WorkItemStep

# Models that lead to a division and have no scope, because no page, list or export shows their rows.
UNSEEN = {
    "accounts.PastPassword": "hashes, compared when a password is set and read by nobody",
    **dict.fromkeys(
        ("accounts.SignInSession", "accounts.KnownBrowser", "accounts.SecondFactor", "accounts.RecoveryCode"),
        "rows of one user, reached through that user alone, who is scoped",
    ),
    "accounts.AttemptCount": "counts without names, read where attempts are counted",
    "connections.WebhookSecret": "signs what its webhook sends, and is read there alone",
    "changelog.TrailSeal": "shown with its record, which is scoped",
    "targets.ConsumedChange": "bookkeeping of measuring: two keys, read by the engine alone",
}


def leads_to_division(model: type[models.Model], seen: frozenset[type[models.Model]] = frozenset()) -> bool:
    """Return whether rows of `model` belong to a division, themselves or through related rows.

    Foreign keys named `…_by` (who did something) do not count.
    """
    if model is Division:
        return True
    return any(
        leads_to_division(field.related_model, seen | {model})
        for field in model._meta.concrete_fields
        if field.many_to_one or field.one_to_one
        if not field.name.endswith("_by") and field.related_model not in seen | {model}
    )


def scoped_models() -> list[type[ScopedModel]]:
    return [model for model in own_models() if issubclass(model, ScopedModel)]


@dataclass
class Side:
    """One county of the small city with what rows belong to."""

    county: Division
    town: Division
    community: Community
    user: User
    period: ReportingPeriod
    target: Target


def _change_record(side: Side) -> ChangeRecord:
    return ChangeRecord.objects.create(
        change_set=make_change_set(side.user),
        model="communities.community",
        object_id=side.community.pk,
        object_label=side.community.name,
        division=side.town,
        kind=ChangeRecord.Kind.CREATED,
    )


def _measure(side: Side) -> CommunityMeasure:
    return CommunityMeasure.objects.create(
        period=side.period, community=side.community, county=side.county, town=side.town, kind="urban"
    )


def _result(side: Side) -> TargetResult:
    return TargetResult.objects.create(
        period=side.period,
        target=side.target,
        division=side.town,
        judged=1,
        met=1,
        over=0,
        unmet=0,
        not_applicable=0,
        unknown=0,
        rate=Decimal(1),
        gap=Decimal(0),
    )


def _comparison(side: Side) -> LockedComparison:
    comparison, _ = LockedComparison.objects.get_or_create(
        period=side.period, defaults={"state": LockedComparison.State.RUNNING, "started_at": timezone.now()}
    )
    return comparison


def _locked_change(side: Side) -> LockedChange:
    return LockedChange.objects.create(
        comparison=_comparison(side),
        kind=LockedChange.Kind.CHANGED,
        community=side.community,
        division=side.town,
        code=side.community.code,
        name=side.community.name,
    )


def _locked_result_change(side: Side) -> LockedResultChange:
    return LockedResultChange.objects.create(
        comparison=_comparison(side),
        division=side.county,
        target_code=side.target.code,
        target_name=side.target.short_name,
        position=1,
        unit=side.target.unit,
    )


def _briefing(side: Side) -> Briefing:
    return make_issued(side.county, side.period.code)


# Functions that create a row of each scoped model on one side. A new scoped model needs a line here.
MAKERS: dict[type[models.Model], Callable[[Side], models.Model]] = {
    Division: lambda side: side.town,
    Community: lambda side: side.community,
    CommunityPlacement: lambda side: side.community.placements.get(),
    CommunityProfile: lambda side: make_profile(side.community),
    CommunityEntry: lambda side: CommunityEntry.objects.create(
        community=side.community, period=side.period, state=CommunityEntry.State.ENTERED, made_by=side.user
    ),
    Training: lambda side: make_training(side.town),
    TrainingRecord: lambda side: make_hours(make_worker(side.community), make_training(side.town)),
    Facility: lambda side: make_facility(side.community),
    ServicePoint: lambda side: make_point(side.town),
    GovernanceBody: lambda side: make_governance_body(side.community),
    MonthlyReport: lambda side: make_monthly_report(side.community),
    MonthlyCount: lambda side: make_monthly_report(side.community).counts.get(),
    TrailRecord: lambda side: TrailRecord.objects.create(
        kind=TrailKind.VIEWED, made_by=side.user, division=side.town, object_label="甲"
    ),
    RecordMove: lambda side: RecordMove.objects.create(
        model="communities.facility",
        record_id=make_facility(side.community).pk,
        from_community=make_community(side.town),
        to_community=side.community,
        moved_on=datetime.date(2018, 6, 1),
        change_set=make_change_set(side.user),
    ),
    User: lambda side: side.user,
    Department: lambda side: make_department(side.county),
    SuccessionList: lambda side: SuccessionList.objects.create(
        change_set=make_change_set(side.user), sentences=["部门：城区“民政局”转到潞州区"]
    ),
    ChangeSet: lambda side: make_change_set(side.user),
    ChangeRecord: _change_record,
    DistinctPair: lambda side: DistinctPair.objects.create(
        register="facilities",
        first_key=side.town.pk,
        second_key=side.town.pk + 1_000,
        division=side.town,
        made_by=side.user,
    ),
    UploadBatch: lambda side: make_batch(side.user),
    UploadRow: lambda side: UploadRow.objects.create(
        batch=make_batch(side.user), position=1, row_number=5, outcome=UploadRow.Outcome.NEW
    ),
    ColumnMapping: lambda side: ColumnMapping.objects.create(
        division=side.county, register="facilities", header="面积", field="area"
    ),
    SocialOrganization: lambda side: make_organization(side.community),
    SocialWorker: lambda side: make_worker(side.community),
    Posting: lambda side: make_worker(side.town).postings.get(),
    ServiceProject: lambda side: make_project(side.county),
    ProjectCommunity: lambda side: make_project(side.county, side.community).links.get(),
    CatalogueItem: lambda side: make_catalogue_item(side.county),
    Review: lambda side: make_review(make_project(side.county)),
    Payment: lambda side: make_payment(side.county),
    Activity: lambda side: make_activity(side.town),
    Filing: lambda side: make_filing(side.community),
    FilingStep: lambda side: make_filing(side.community).steps.create(
        move="return", before="submitted", after="returned", made_by=side.user
    ),
    Support: lambda side: make_support(make_organization(side.town)),
    Survey: lambda side: make_survey(side.county),
    SurveyStep: lambda side: SurveyStep.objects.create(
        survey=make_survey(side.county), move="open", before="draft", after="collecting", made_by=side.user
    ),
    SurveyCount: lambda side: make_count(make_survey(side.county), side.community),
    WorkItem: lambda side: make_work_item(side.county),
    WorkItemStep: lambda side: make_work_item(side.county).steps.create(
        move="approve", before="submitted", after="approved"
    ),
    AssessmentScheme: lambda side: AssessmentScheme.objects.create(county=side.county, year=2018, weight=60),
    Assessment: lambda side: Assessment.objects.create(community=side.community, year=2018, work_score=80),
    Document: lambda side: make_document(side.community),
    Story: lambda side: make_story(side.county),
    StoryStep: lambda side: make_story(side.county).steps.create(move="submit", before="draft", after="submitted"),
    FigureResult: lambda side: FigureResult.objects.create(
        period=side.period, division=side.county, code="演示", numerator=1
    ),
    Submission: lambda side: Submission.objects.create(period=side.period, county=side.county),
    SubmissionStep: lambda side: SubmissionStep.objects.create(
        submission=Submission.objects.create(period=side.period, county=side.county),
        kind=SubmissionStep.Kind.SUBMITTED,
        made_at=timezone.now(),
        made_by=side.user,
    ),
    FindingComment: lambda side: FindingComment.objects.create(
        period=side.period,
        county=side.county,
        rule="facility_too_large",
        record="x",
        title="设施面积过大",
        label="演示设施",
        message="请核对",
        text="是否含车库？",
        is_from_bureau=True,
        made_by=side.user,
    ),
    Reminder: lambda side: Reminder.objects.create(
        period=side.period, county=side.county, occasion=Reminder.Occasion.DUE_SOON, day=timezone.localdate()
    ),
    Announcement: lambda side: Announcement.objects.create(
        division=side.county,
        made_by=side.user,
        text="演示公告",
        begins_on=timezone.localdate(),
        until=timezone.localdate(),
    ),
    ApiClient: lambda side: make_client(side.county),
    ApiToken: lambda side: make_token(side.county).token,
    Webhook: lambda side: make_webhook(side.county)[0],
    Delivery: lambda side: make_delivery(make_webhook(side.county)[0]),
    Contact: lambda side: Contact.objects.create(division=side.county, name="李演示", email="li@example.com"),
    Notice: lambda side: Notice.objects.create(user=side.user, title="演示通知"),
    CommunityMeasure: _measure,
    DivisionMeasure: lambda side: DivisionMeasure.objects.create(period=side.period, division=side.county),
    TargetResult: _result,
    LockedChange: _locked_change,
    LockedResultChange: _locked_result_change,
    Briefing: _briefing,
    BriefingDelivery: lambda side: make_delivery_of(_briefing(side), side.user),
    BriefingFile: lambda side: _briefing(side).files.get(),
    BriefingStep: lambda side: _briefing(side).steps.create(move="review", before="draft", after="reviewed"),
    BriefingSettings: lambda side: BriefingSettings.objects.create(division=side.county),
    BriefingRecipient: lambda side: BriefingRecipient.objects.create(division=side.county, user=side.user),
    PublicationDay: lambda side: PublicationDay.objects.create(
        division=side.county, period=side.period, due_on=datetime.date(2018, 7, 5)
    ),
}


@pytest.fixture
def sides(place, clerk, other_clerk, period) -> tuple[Side, Side]:
    target = Target.objects.order_by("position").first()
    return (
        Side(place.county, place.street, place.communities[0], clerk, period, target),
        Side(place.other_county, place.rural_town, place.villages[0], other_clerk, period, target),
    )


@pytest.mark.parametrize("model", own_models(), ids=lambda model: model._meta.label)
def test_a_model_that_leads_to_a_division_is_scoped(model):
    if model._meta.label in UNSEEN:
        assert not issubclass(model, ScopedModel), f"{model._meta.label} is scoped now: take it off the list"
        return
    assert issubclass(model, ScopedModel) or not leads_to_division(model)


@pytest.mark.parametrize("model", scoped_models(), ids=lambda model: model._meta.label)
def test_every_way_to_the_rows_of_a_scoped_model_can_be_cut(model):
    assert model.scope_lookups, f"{model._meta.label} does not say how its rows reach a division"
    for manager in [*model._meta.managers, model._default_manager]:
        assert callable(getattr(manager, "visible_to", None)), f"{model._meta.label}.{manager.name} has no visible_to"


@pytest.mark.django_db
@pytest.mark.parametrize("model", scoped_models(), ids=lambda model: model._meta.label)
def test_a_county_sees_its_own_rows_and_none_of_another(model, sides, officer):
    here, there = sides
    assert model in MAKERS, f"Say in MAKERS how to make a {model._meta.label}."
    mine, theirs = MAKERS[model](here), MAKERS[model](there)
    assert mine in model.objects.visible_to(here.user)
    assert theirs not in model.objects.visible_to(here.user)
    assert theirs in model.objects.visible_to(there.user)
    assert mine not in model.objects.visible_to(there.user)
    assert {mine, theirs} <= set(model.objects.visible_to(officer))
    assert list(model.objects.within(here.county)) == list(model.objects.visible_to(here.user))


@pytest.mark.django_db
@pytest.mark.parametrize("model", scoped_models(), ids=lambda model: model._meta.label)
def test_nobody_without_a_division_sees_anything(model, sides):
    MAKERS[model](sides[0])
    dismissed = make_user(Role.LEADER, sides[0].county, is_active=False)
    new = User(username="new", role=Role.LEADER)
    for user in (None, AnonymousUser(), dismissed, new):
        assert not model.objects.visible_to(user).exists()


@pytest.mark.django_db
def test_a_street_sees_its_own_street_alone(place, street_clerk):
    make_facility(place.communities[0])
    make_facility(place.other_communities[0])
    assert {facility.community.town for facility in Facility.objects.visible_to(street_clerk)} == {place.street}
    assert set(Division.objects.visible_to(street_clerk)) == {place.street}


@pytest.mark.django_db
def test_a_transferred_worker_is_seen_by_the_new_county_only(place, clerk, other_clerk):
    worker = make_worker(place.communities[0])
    worker.postings.update(ended_on=timezone.localdate(), is_newest=False)
    Posting.objects.create(
        worker=worker,
        community=place.villages[0],
        is_community_worker=True,
        started_on=timezone.localdate(),
    )
    assert worker not in SocialWorker.objects.visible_to(clerk)
    assert list(SocialWorker.objects.visible_to(other_clerk)) == [worker]
