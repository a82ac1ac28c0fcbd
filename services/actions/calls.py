"""Writing a call: a draft of a county or the city, which it then opens. Moves are those of the flow."""

from __future__ import annotations

import datetime
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from changelog.actions import begin_change_set, change_of, differing, log_changes
from changzhi_portal.names import tidy
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.records import field_of
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError, field_at_fault
from changzhi_portal.registers.cleaning import items_of
from changzhi_portal.rights import Actor, has_right
from changzhi_portal.violations import violation_in_words
from communities.models import Division
from communities.models.division import DivisionQuerySet
from communities.places import PlaceFinder, PlaceIndex, PlaceNotFoundError
from services.flow import MAY_RUN_CALLS
from services.models import Call, CallCommunity
from services.sheets.projects import CommunityWords

_VALUES: Final = (
    *("kind", "title", "opens_on", "closes_on", "budget", "funding_source", "field", "beneficiaries"),
    *("starts_on", "ends_on", "note"),
)
# What may still be set once organizations answer the call: everything else says what they answered to.
SET_WHILE_OPEN: Final = frozenset({"closes_on", "note"})
_CODE_LENGTH: Final = 12


@dataclass(frozen=True, kw_only=True)
class CallFields:
    """What is said of a call. `communities` are names or codes, in one text; "" for the whole area."""

    kind: str
    division: Division
    title: str
    opens_on: datetime.date
    closes_on: datetime.date
    budget: Decimal | None = None
    funding_source: str = ""
    field: str = ""
    beneficiaries: str = ""
    communities: str = ""
    starts_on: datetime.date | None = None
    ends_on: datetime.date | None = None
    note: str = ""


def divisions_with_calls_of(user: Actor) -> DivisionQuerySet:
    """Return the divisions whose calls a user runs: city and counties for the bureau, the own county for its clerk."""
    levels = (Division.Level.CITY, Division.Level.COUNTY)
    return Division.objects.current().visible_to(user).filter(level__in=levels).order_by("code")


def open_call(ref: str, by: Actor) -> Call:
    """Return the call of the user's area that may still be changed. Raises NotFoundError, StaleError."""
    found: Call | None = Call.objects.visible_to(by).select_related("division").filter(ref=ref).first()
    if found is None:
        raise NotFoundError("没有找到这次征集。", cure=f"There is no call {ref} in the user's area.")
    if not found.may_be_changed:
        raise StaleError(
            f"这次征集现在是“{found.get_state_display()}”，不能修改。", cure=f"{found.ref} is {found.state}."
        )
    return found


def save_call(*, by: Actor, fields: CallFields, ref: str = "", version: int = 0) -> Call:
    """Create a draft of a call, or with a `ref` change the one that the page showed in this version.

    Raises NotAllowedError for a role or a division that runs none, NotFoundError, StaleError, InvalidError for wrong
    fields, an unknown or closed community, and for what may not change any more.
    """
    _refuse_unless_may_run(by, fields.division)
    values = {name: value for name, value in asdict(fields).items() if name in _VALUES}
    values |= {"title": tidy(fields.title), "note": tidy(fields.note), "division": fields.division}
    try:
        with transaction.atomic():
            call = _held(by, ref, version) if ref else Call()
            before = _state(call) if ref else {}
            communities = _communities_named(fields.communities, fields.division, before.get("communities", ()))
            if ref:
                _refuse_late_changes(call, {**values, "communities": communities}, before)
            for name, value in values.items():
                setattr(call, name, value)
            _check(call)
            after = {**_values_of(call), "communities": communities}
            if ref and after == before:
                return call
            call.prepare_keys()
            call.version += 1 if ref else 0
            call.save()
            _write_links(call, before.get("communities", ()), communities)
            _log(by, call, before, after)
    except IntegrityError as error:  # two at once with one title
        raise InvalidError(violation_in_words(error, (Call,)), field="title") from error
    return call


def communities_text(call: Call, by: Actor) -> str:
    """Return the communities of a call as its form takes them: by name, by code where the name alone is not enough."""
    links = call.links.filter(community__closed_on__isnull=True).order_by("community__code")
    named = list(links.values_list("community_id", "community__name", "community__code"))
    if not named:
        return ""
    words = CommunityWords(PlaceFinder(PlaceIndex(by.division.path)))
    return "、".join(words.of(call.division_id, *community) for community in named)


def _communities_named(text: str, division: Division, before: Any) -> list[int]:
    """Return the keys of the communities in a text, and of the closed ones that the call has. Raises InvalidError."""
    finder = PlaceFinder(index := PlaceIndex(division.path))
    keys = {key for key in before if not index.holds(key)}
    for word in filter(None, items_of(text)):
        is_code = word.isascii() and word.isdecimal() and len(word) == _CODE_LENGTH
        try:
            known = finder.community_coded(word) if is_code else finder.community_within(division.pk, word)
        except PlaceNotFoundError as error:
            raise InvalidError(
                f"{error}。", cure=f"No community {word} in {division.code}.", field="communities"
            ) from error
        keys.add(known.id)
    return sorted(keys)


def _refuse_unless_may_run(by: Actor, division: Division) -> None:
    if not has_right(by, MAY_RUN_CALLS):
        raise NotAllowedError(
            "您的角色不能组织征集，请联系县（市、区）或市局。", cure=f"The role of {by.username} may not run calls."
        )
    if not divisions_with_calls_of(by).filter(pk=division.pk).exists():
        raise NotAllowedError(
            f"{division.name}的征集不由您组织，请选择本单位。",
            cure=f"{by.username} may not run calls of {division.code}.",
            field="division",
        )


def _held(by: Actor, ref: str, version: int) -> Call:
    key = open_call(ref, by).pk
    call = Call.objects.select_for_update(of=("self",)).select_related("division").get(pk=key)
    if call.version != version or not call.may_be_changed:
        raise StaleError(
            "您打开页面以后，有人改过这次征集，没有保存；请重新打开这一页再改。",
            cure=f"{call.ref} has version {call.version}, not {version}.",
        )
    return call


def _refuse_late_changes(call: Call, values: dict[str, Any], before: dict[str, Any]) -> None:
    """Raise InvalidError for a change of what organizations have answered to."""
    if call.state == Call.State.DRAFT:
        return
    said = {**before, "division": call.division}
    late = next((name for name, value in values.items() if name not in SET_WHILE_OPEN and said[name] != value), "")
    if late:
        label = field_of(Call, late).verbose_name if late != "communities" else "服务社区"
        raise InvalidError(
            f"征集已经发布，不能再改“{label}”；确需改的，请终止以后另发一次。",
            cure=f"A call that is open keeps its {late}.",
            field=late,
        )


def _check(call: Call) -> None:
    for name in ("title", "note"):
        refuse_personal_numbers(getattr(call, name), what=f"“{field_of(Call, name).verbose_name}”", field=name)
    try:
        call.full_clean(exclude=["division"])
    except ValidationError as error:
        raise InvalidError(
            "".join(error.messages), cure="The call cannot be saved.", field=field_at_fault(error)
        ) from error


def _write_links(call: Call, before: Any, after: list[int]) -> None:
    """Let the call list these communities and no others."""
    CallCommunity.objects.filter(call=call, community__in=set(before) - set(after)).delete()
    CallCommunity.objects.bulk_create(
        CallCommunity(call=call, community_id=key) for key in after if key not in set(before)
    )


def _values_of(call: Call) -> dict[str, Any]:
    return {"division": call.division_id, **{name: getattr(call, name) for name in _VALUES}}


def _state(call: Call) -> dict[str, Any]:
    keys = call.links.order_by("community_id").values_list("community_id", flat=True)
    return {**_values_of(call), "communities": list(keys)}


def _log(by: Actor, call: Call, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Log the change. No month becomes stale: figures count proposals, not calls."""
    changed = differing(before, after) if before else {"before": {}, "after": after}
    change_set = begin_change_set(
        by=by,
        summary=f"{'修改' if before else '新增'}征集：{call.division.name}{call}",
        division=call.division,
        affects_figures=False,
    )
    log_changes(change_set, [change_of(call, division=call.division_id, **changed)])
