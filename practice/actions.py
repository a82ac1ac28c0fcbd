"""Writing a story: a draft of an office, which it then submits. Documents are rows of a register, moves those of the flow."""

from __future__ import annotations

import datetime
from dataclasses import asdict, dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from changelog.actions import begin_change_set, change_of, differing, log_changes
from changzhi_portal.names import tidy
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.records import field_of
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError, field_at_fault
from changzhi_portal.rights import Actor, has_right
from changzhi_portal.violations import violation_in_words
from communities.models import Community, Division
from communities.places import PlaceFinder, PlaceIndex, PlaceNotFoundError
from practice.flow import MAY_REPORT, is_own
from practice.models import Story

_TEXTS = ("title", "outlet", "url", "summary", "body", "note")
_LOGGED = ("kind", "title", "on", "outlet", "level", "url", "clause", "summary", "body", "note")


@dataclass(frozen=True, kw_only=True)
class StoryFields:
    """What is said of a story. `community` is its name or code, "" for one of the whole office."""

    kind: str
    title: str
    on: datetime.date
    summary: str
    community: str = ""
    outlet: str = ""
    level: str = ""
    url: str = ""
    clause: str = ""
    body: str = ""
    note: str = ""


def open_story(ref: str, by: Actor) -> Story:
    """Return the story of the user's own office that may still be changed. Raises NotFoundError, StaleError."""
    found: Story | None = Story.objects.visible_to(by).with_place().filter(ref=ref).first()
    if found is None or not is_own(found, by):
        raise NotFoundError("没有找到本单位的这一条宣传与案例。", cure=f"There is no story {ref} of the office.")
    if not found.is_open:
        raise StaleError(
            f"这一条现在是“{found.get_state_display()}”，不能修改。", cure=f"{found.ref} is {found.state}."
        )
    return found


def save_story(*, by: Actor, fields: StoryFields, ref: str = "", version: int = 0) -> Story:
    """Create a draft of the user's office, or with a `ref` change the one that the page showed in this version.

    Raises NotAllowedError for a role that reports nothing, NotFoundError, StaleError, InvalidError for wrong fields, an
    unknown community and for personal numbers in a text.
    """
    if not has_right(by, MAY_REPORT):
        raise NotAllowedError(
            "您的角色不能报送宣传与案例，请联系县（市、区）或市局。", cure=f"{by.username} reports no stories."
        )
    values = _values_of(fields, by.division)
    try:
        with transaction.atomic():
            story = _held(by, ref, version) if ref else Story(division=by.division)
            before = _state(story) if ref else {}
            for name, value in values.items():
                setattr(story, name, value)
            _check(story)
            if ref and _state(story) == before:
                return story
            story.prepare_keys()
            story.version += 1 if ref else 0
            story.save()
            _log(by, story, before)
    except IntegrityError as error:  # two at once with one title
        raise InvalidError(violation_in_words(error, (Story,)), field="title") from error
    return story


def _values_of(fields: StoryFields, office: Division) -> dict[str, Any]:
    """Return the values of the columns: names on one line, the body with its lines, the community looked up."""
    given = asdict(fields)
    given |= {name: tidy(given[name]) for name in ("title", "outlet", "url", "summary", "note")}
    given["body"] = "\n".join(line.rstrip() for line in fields.body.replace("\r\n", "\n").split("\n")).strip()
    given["community"] = _community_named(tidy(fields.community), office)
    return given


def _community_named(text: str, office: Division) -> Community | None:
    """Return the community with this name or code in the office's area; None for "". Raises InvalidError."""
    if not text:
        return None
    finder = PlaceFinder(PlaceIndex(office.path))
    is_code = text.isascii() and text.isdecimal()
    try:
        known = finder.community_coded(text) if is_code else finder.community_within(office.pk, text)
    except PlaceNotFoundError as error:
        said = f"本单位范围内没有找到社区“{text}”，请核对名称，或者写12位社区代码"
        if error.code == "ambiguous_place":
            said = f"{error}，或者写12位社区代码"
        raise InvalidError(f"{said}。", cure=f"No community {text} in {office.code}.", field="community") from error
    return Community.objects.get(pk=known.id)


def _held(by: Actor, ref: str, version: int) -> Story:
    key = open_story(ref, by).pk
    story = Story.objects.select_for_update(of=("self",)).select_related("division", "community").get(pk=key)
    if story.version != version or not story.is_open:
        raise StaleError(
            "您打开页面以后，有人改过这一条，没有保存；请重新打开这一页再改。",
            cure=f"{story.ref} has version {story.version}, not {version}.",
        )
    return story


def _check(story: Story) -> None:
    for name in _TEXTS:
        label = str(field_of(Story, name).verbose_name)
        refuse_personal_numbers(getattr(story, name), what=f"“{label}”", field=name)
    if story.on > timezone.localdate():
        raise InvalidError("日期晚于今天，请核对。", cure="The day lies in the future.", field="on")
    try:
        story.full_clean(exclude=["division", "community"])
    except ValidationError as error:
        raise InvalidError(
            "".join(error.messages), cure="The story cannot be saved.", field=field_at_fault(error) or "title"
        ) from error


def _state(story: Story) -> dict[str, Any]:
    said = {name: getattr(story, name) for name in _LOGGED}
    return {"division": story.division_id, "community": story.community_id, **said}


def _log(by: Actor, story: Story, before: dict[str, Any]) -> None:
    """Log the change. No month becomes stale: a story counts by its moves, which are refreshed each night."""
    after = _state(story)
    changed = differing(before, after) if before else {"before": {}, "after": after}
    change_set = begin_change_set(
        by=by,
        summary=f"{'修改' if before else '新增'}宣传与案例：{story.division.name}《{story.title}》",
        division=story.division,
        affects_figures=False,
    )
    log_changes(change_set, [change_of(story, division=story.division_id, **changed)])
