"""The addresses of the portal for tests that walk over all of them, with records where an address takes one.

Those of the API are walked by tests/api.

A new URL is found automatically; one that takes a `ref` needs a line in RECORDS with a function that creates a record.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from typing import Any

from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.models import AccountSettings, Role, User
from changelog.actions import edit_record
from changelog.models import ChangeSet, TrailRecord
from changelog.trail import TrailKind, record_event
from changzhi_portal.models import SavedView
from changzhi_portal.pages.manual import pictures
from changzhi_portal.records import new_ref
from changzhi_portal.registers.registry import register_named, register_of
from communities.models import Contact, Division
from exports.jobs import MAKE
from exports.models import ListExport
from notices.announcements.shown import forget_announcements
from notices.models import Announcement
from reports.models import Briefing, BriefingDelivery
from submissions.models import Submission
from tests.connections.clients import make_client, make_token
from tests.connections.receivers import make_delivery, make_webhook
from tests.factories import (
    Place,
    make_activity,
    make_batch,
    make_catalogue_item,
    make_count,
    make_department,
    make_document,
    make_facility,
    make_filing,
    make_hours,
    make_monthly_report,
    make_organization,
    make_payment,
    make_period,
    make_point,
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
from workload.models import Assessment, WorkItem

# URLs that only change something: GET is refused.
POST_ONLY = {
    "notices:put_away",
    "accounts:logout",
    "notices:seen",
    "view_delete",
    "exports:new",
    "accounts:division_changes_withdraw",
    "uploads:commit",
    "uploads:recheck",
    "uploads:leave-out",
    "uploads:take-back",
    "submissions:submissions_remind",
    "submissions:period_compute",
    "revisions:compare",
    "changelog:distinct",
    "accounts:own_session_end",
    "accounts:own_sessions_end_others",
    "accounts:user_session_end",
    *(f"connections:{name}" for name in ("webhook_pause", "webhook_resume", "webhook_test", "delivery_again")),
}


def make_briefing(division: Division) -> Briefing:
    """Return the division's briefing that was issued, the same at each call, because there is one a month."""
    now = timezone.now()
    briefing, _ = Briefing.objects.get_or_create(
        period=make_period(),
        division=division,
        defaults={
            "issue_number": 6,
            "total_number": 8,
            "stage": Briefing.Stage.ISSUED,
            "state": Briefing.State.PRINTED,
            "issued_on": datetime.date(2018, 7, 5),
            "issued_at": now,
            "printed_at": now,
            "code": f"{division.code[:6]}-0000",
            "figures_sha256": "0" * 64,
        },
    )
    return briefing


def make_delivery_of(briefing: Briefing, user: User, **fields: Any) -> BriefingDelivery:
    """Return a delivery of a briefing to a user whose mail has failed."""
    values = {"state": "failed", "message": "收件地址被拒收，请核对邮箱后重新发送（550）。"}
    return BriefingDelivery.objects.create(
        briefing=briefing, user=user, message_id=f"<{new_ref()}@example.com>", **{**values, **fields}
    )


def make_edit(place: Place, user: User) -> ChangeSet:
    """Return the edit of a facility by `user`."""
    facility = make_facility(place.communities[0])
    edit = edit_record(
        register=register_named("facilities")(), values={"note": "新"}, by=user, ref=facility.ref, version=1
    )
    assert edit.change_set is not None
    return edit.change_set


def make_trail_record(place: Place, user: User) -> TrailRecord:
    """Return the record of an export by `user`."""
    record_event(TrailKind.EXPORTED, by=user, division=place.county, label="服务设施", rows=3)
    return TrailRecord.objects.order_by("-pk")[0:1].get()


def make_export(user: User, **fields: Any) -> ListExport:
    """Return an export of the organizations that waits for a worker."""
    values = {"title": "社会组织", "path": reverse("orgs:list"), "file_format": "csv", "rows_total": 1, **MAKE.queued()}
    return ListExport.objects.create(asked_by=user, **{**values, **fields})


def make_managed_user(place: Place, user: User, **fields: Any) -> User:
    """Return the clerk of a town, whom the county may manage."""
    AccountSettings.objects.update_or_create(pk=AccountSettings.ONLY, defaults={"counties_manage_clerks": True})
    return make_user(Role.STREET_CLERK, place.street, **fields)


def make_contact(division: Division, name: str = "李演示", **fields: Any) -> Contact:
    """Return a contact person of a division."""
    return Contact.objects.create(division=division, name=name, **{"email": "li@example.com", **fields})


def make_announcement(user: User, text: str = "演示公告", *, days: int = 1, **fields: Any) -> Announcement:
    """Return an announcement that is shown from today on, for some days."""
    today = timezone.localdate()
    values = {"begins_on": today, "until": today + datetime.timedelta(days=days), **fields}
    forget_announcements()
    return Announcement.objects.create(text=text, division=user.division, made_by=user, **values)


def make_draft(place: Place, user: User) -> WorkItem:
    """Return an application of the user's department that is not submitted yet, or of one of 城区."""
    department = user.department or make_department(place.county)
    return make_work_item(department.division, department=department, state=WorkItem.State.DRAFT)


Maker = Callable[[Place, User], models.Model]
# Functions that create a record in 城区 for each URL with a ref.
RECORDS: dict[str, Maker] = {
    "view_edit": lambda place, user: SavedView.objects.create(saved_by=user, list_name="orgs:list", name="演示视图"),
    "view_delete": lambda place, user: SavedView.objects.create(
        saved_by=user, list_name="orgs:list", name="演示视图二"
    ),
    **dict.fromkeys(("exports:export", "exports:progress", "exports:file"), lambda place, user: make_export(user)),
    "accounts:user_detail": make_managed_user,
    "accounts:user_edit": make_managed_user,
    "accounts:user_password": make_managed_user,
    "accounts:user_sessions": make_managed_user,
    "accounts:user_unlock": make_managed_user,
    "accounts:user_session_end": make_managed_user,
    "accounts:user_second_factor": make_managed_user,
    "accounts:user_deactivate": make_managed_user,
    "accounts:user_reactivate": lambda place, user: make_managed_user(place, user, is_active=False),
    **dict.fromkeys(
        ("accounts:department_detail", "accounts:department_edit", "accounts:department_close"),
        lambda place, user: make_department(place.county),
    ),
    "accounts:department_reopen": lambda place, user: make_department(
        place.county, closed_on=datetime.date(2018, 5, 1)
    ),
    "communities:community_detail": lambda place, user: place.communities[0],
    "communities:monthly_entry": lambda place, user: place.communities[0],
    "communities:monthly_counts": lambda place, user: place.communities[0],
    "communities:count_detail": lambda place, user: make_monthly_report(place.communities[0]),
    "communities:contact_edit": lambda place, user: make_contact(place.county),
    "communities:contact_delete": lambda place, user: make_contact(place.county),
    "notices:announcement_edit": lambda place, user: make_announcement(user),
    "notices:announcement_delete": lambda place, user: make_announcement(user),
    "communities:facility_detail": lambda place, user: make_facility(place.communities[0]),
    "communities:point_detail": lambda place, user: make_point(place.communities[0]),
    "orgs:detail": lambda place, user: make_organization(place.communities[0]),
    "orgs:filing_detail": lambda place, user: make_filing(place.communities[0]),
    "orgs:filing_change": lambda place, user: make_filing(place.communities[0]),
    "orgs:filing_move": lambda place, user: make_filing(place.communities[0]),
    "orgs:filing_of": lambda place, user: make_organization(place.communities[0]),
    "orgs:support_detail": lambda place, user: make_support(make_organization(place.communities[0])),
    "socialworkers:detail": lambda place, user: make_worker(place.communities[0]),
    "socialworkers:training_detail": lambda place, user: make_training(place.county),
    "socialworkers:record_detail": lambda place, user: make_hours(
        make_worker(place.communities[0]), make_training(place.county)
    ),
    "services:catalogue_item_detail": lambda place, user: make_catalogue_item(place.county),
    "services:review_detail": lambda place, user: make_review(make_project(place.county)),
    "services:payment_detail": lambda place, user: make_payment(place.county),
    "services:detail": lambda place, user: make_project(place.county),
    "participation:survey": lambda place, user: make_survey(place.county),
    "participation:survey_edit": lambda place, user: make_survey(place.county),
    "participation:survey_move": lambda place, user: make_survey(place.county, state="draft"),
    "participation:survey_entry": lambda place, user: make_survey(place.county),
    "participation:count": lambda place, user: make_count(make_survey(place.county), place.communities[0]),
    "participation:activity_detail": lambda place, user: make_activity(place.communities[0]),
    "reports:filing_notice": lambda place, user: make_filing(place.communities[0], state="filed"),
    "reports:question_sheets": lambda place, user: make_survey(place.county),
    "changelog:unmask": lambda place, user: make_worker(place.communities[0]),
    "changelog:edit": lambda place, user: make_facility(place.communities[0]),
    "changelog:end": lambda place, user: make_facility(place.communities[0]),
    "changelog:resume": lambda place, user: make_facility(place.communities[0], closed_on=datetime.date(2018, 5, 1)),
    "changelog:part": lambda place, user: make_worker(place.communities[0]),
    "changelog:merge": lambda place, user: make_organization(place.communities[0]),
    "changelog:distinct": lambda place, user: make_organization(place.communities[0]),
    "changelog:undo": lambda place, user: make_edit(place, user),
    "changelog:unmerge": lambda place, user: make_organization(
        place.communities[0],
        dissolved_on=datetime.date(2018, 5, 1),
        merged_into=make_organization(place.communities[0]),
    ),
    "uploads:batch": lambda place, user: make_batch(user),
    "uploads:progress": lambda place, user: make_batch(user),
    "uploads:annotated": lambda place, user: make_batch(user),
    "uploads:original": lambda place, user: make_batch(user),
    "uploads:commit": lambda place, user: make_batch(user),
    "uploads:together": lambda place, user: make_batch(user),
    "uploads:register": lambda place, user: make_batch(
        user, "", state="rejected", problems=[{"code": "header_not_found"}]
    ),
    "uploads:columns": lambda place, user: make_batch(user),
    "uploads:month": lambda place, user: make_batch(user, state="checked"),
    "uploads:correct": lambda place, user: make_batch(user, state="checked"),
    "uploads:locked": lambda place, user: make_batch(user, state="checked"),
    "uploads:leave-out": lambda place, user: make_batch(user, state="checked"),
    "uploads:take-back": lambda place, user: make_batch(user, state="checked"),
    "uploads:drop-rest": lambda place, user: make_batch(user, state="committed", committed_at=timezone.now(), errors=1),
    "uploads:discard": lambda place, user: make_batch(user, state="checked"),
    "uploads:recheck": lambda place, user: make_batch(user, state="failed", needs_reading=False),
    "uploads:undo": lambda place, user: make_batch(user, state="committed", committed_at=timezone.now()),
    "submissions:submission": lambda place, user: Submission(period=make_period(), county=place.county),
    "submissions:submission_changes": lambda place, user: Submission(period=make_period(), county=place.county),
    "submissions:submission_finding": lambda place, user: Submission(period=make_period(), county=place.county),
    "reports:report_form": lambda place, user: Submission(period=make_period(), county=place.county),
    "reports:report_form_pdf": lambda place, user: Submission(period=make_period(), county=place.county),
    "reports:briefing": lambda place, user: make_briefing(place.county),
    "reports:briefing_progress": lambda place, user: make_briefing(place.county),
    **dict.fromkeys(
        (f"reports:{name}" for name in ("correct_briefing", "edit_briefing", "move_briefing", "briefing_file")),
        lambda place, user: make_briefing(place.county),
    ),
    "reports:edit_briefing_settings": lambda place, user: place.county,
    "reports:edit_briefing_recipients": lambda place, user: place.county,
    "reports:send_briefing_again": lambda place, user: make_delivery_of(make_briefing(place.county), user),
    "audit:trail_record": lambda place, user: make_trail_record(place, user),
    "audit:about": lambda place, user: make_facility(place.communities[0]),
    **dict.fromkeys(
        (f"connections:{name}" for name in ("client", "client_edit", "client_revoke", "token_new", "webhook_new")),
        lambda place, user: make_client(place.county),
    ),
    "connections:token_revoke": lambda place, user: make_token(place.county).token,
    **dict.fromkeys(
        (f"connections:webhook{name}" for name in ("", "_edit", "_pause", "_resume", "_remove", "_secret", "_test")),
        lambda place, user: make_webhook(place.county)[0],
    ),
    "connections:delivery_again": lambda place, user: make_delivery(make_webhook(place.county)[0]),
    "workload:item_detail": lambda place, user: make_work_item(place.county),
    "workload:change": make_draft,
    "workload:move": lambda place, user: make_work_item(place.county),
    "workload:assessment_detail": lambda place, user: Assessment.objects.create(
        community=place.communities[0], year=2018, work_score=80
    ),
    "practice:document_detail": lambda place, user: make_document(place.county),
    "practice:story_detail": lambda place, user: make_story(place.county),
    "practice:story_edit": lambda place, user: make_story(place.county, state="draft"),
    "practice:story_move": lambda place, user: make_story(place.county, state="draft"),
    "reports:briefing_pdf": lambda place, user: make_briefing(place.county),
}


def addresses(patterns: list[Any] | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield name (with its namespace) and pattern of every URL of a page."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace == "api":
                continue
            namespace = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from addresses(pattern.url_patterns, namespace)
        else:
            yield f"{prefix}{pattern.name}", pattern


# What every user may see: a group of the menu, the target plans.
VISIBLE_TO_ALL: dict[str, list[Any]] = {
    "menu_group": ["tasks"],
    "manual_picture": [next(iter(pictures().values())).digest, next(iter(pictures()))],
    "reports:verify_code": ["0000-0000-0000-0000"],
    "workload:apply_kind": ["ledger"],
    "targets:plan": ["2020"],
    "targets:plan_version": ["2020", 1],
    "targets:plan_edit": ["2020"],
    "targets:plan_target": ["2020", "urban_org_count"],
    "targets:plan_target_new": ["2020"],
    "targets:plan_target_drop": ["2020", "urban_org_count"],
}
# What follows the ref of the record in some URLs.
LAST_ARGUMENTS = {
    "orgs:filing_move": "file",
    "orgs:filing_of": "change",
    "participation:survey_move": "open",
    "workload:move": "end",
    "practice:story_move": "submit",
    "reports:move_briefing": "withdraw",
    "reports:briefing_file": "xlsx",
}
# What follows the month in some URLs.
AFTER_MONTH = {
    "reports:briefing_month": ("month",),
    "reports:briefing_month_progress": ("month",),
    "reports:move_briefings": ("month", "review"),
}
NAMES = sorted(name for name, _ in addresses())
TAKE_REGISTER = sorted(name for name, pattern in addresses() if set(pattern.pattern.converters) == {"register"})
# Forms of a record of any register: their URL contains the register's name before the ref.
TAKE_BOTH = sorted(name for name, pattern in addresses() if {"register", "ref"} <= set(pattern.pattern.converters))
# A month belongs to nobody: its URL contains the month itself.
TAKE_PERIOD = sorted(name for name, pattern in addresses() if "period" in pattern.pattern.converters)
TAKE_RECORD = sorted(
    name
    for name, pattern in addresses()
    if pattern.pattern.converters and name not in (*TAKE_REGISTER, *TAKE_PERIOD) and name not in VISIBLE_TO_ALL
)


def address_of(name: str, place: Place, owner: User) -> str:
    """Return the URL, with a record in 城区 if it takes one."""
    if name in TAKE_REGISTER:
        return reverse(name, args=["facilities"])
    if name in TAKE_PERIOD:
        return reverse(name, args=[make_period().code, *AFTER_MONTH.get(name, ())])
    if name in VISIBLE_TO_ALL:
        return reverse(name, args=VISIBLE_TO_ALL[name])
    if name not in TAKE_RECORD:
        return reverse(name)
    record: Any = RECORDS[name](place, owner)
    register = register_of(type(record)) if name in TAKE_BOTH else None
    if name == "submissions:submission_finding":
        found = make_facility(place.communities[0], area=30_000)
        return reverse(name, args=[record.ref, "facility_too_large", found.ref])
    if name == "audit:about":
        return reverse(name, args=[record._meta.label_lower, record.ref])
    if name == "reports:send_briefing_again":
        return reverse(name, args=[record.briefing.ref, record.ref])
    if name == "participation:survey_entry":
        return reverse(name, args=[record.ref, place.communities[0].ref])
    if name in LAST_ARGUMENTS:
        return reverse(name, args=[record.ref, LAST_ARGUMENTS[name]])
    if name == "connections:token_revoke":
        return reverse(name, args=[record.client.ref, record.ref])
    if name.startswith("connections:webhook") and name != "connections:webhook_new":
        return reverse(name, args=[record.client.ref, record.ref])
    if name == "connections:delivery_again":
        return reverse(name, args=[record.webhook.client.ref, record.webhook.ref, record.ref])
    if name in {"changelog:merge", "changelog:distinct"}:
        return reverse(name, args=["organizations", record.ref, RECORDS[name](place, owner).ref])
    return reverse(name, args=[record.ref] if register is None else [register.name, record.ref])
