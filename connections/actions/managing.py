"""What every action on clients and tokens shares: who may, finding the client locked, the change log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError

from accounts.models import Role, User
from changelog.actions import begin_change_set, change_of, differing, log_changes
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.records import field_of
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError, field_at_fault
from changzhi_portal.rights import Actor
from connections.models import ApiClient, ApiToken, Delivery, Webhook

Managed = ApiClient | ApiToken | Webhook | Delivery


def check_may_manage(by: Actor) -> None:
    """Raise NotAllowedError for a role that lets no system connect."""
    if not by.role.may_manage_clients:
        raise NotAllowedError(
            "对接系统由市局管理员管理，请联系市局管理员。", cure=f"The role of {by.username} may not manage clients."
        )


def held_client(ref: str, *, by: Actor, version: int | None = None) -> ApiClient:
    """Return a client in the area of `by`, locked until the transaction ends.

    Raises NotFoundError, and StaleError for one that was changed since a version or is revoked.
    """
    key = ApiClient.objects.visible_to(by).filter(ref=ref).values_list("pk", flat=True).first()
    found = ApiClient.objects.select_for_update(of=("self",), no_key=True).filter(pk=key)
    client: ApiClient | None = found.select_related("user__division").first()
    if client is None:
        raise NotFoundError("没有找到这个对接系统。", cure=f"There is no client {ref} in the area of the user.")
    if version is not None and client.version != version:
        raise StaleError(
            "您打开页面以后，有人改过这个对接系统，没有保存；请重新打开这一页再办。",
            cure=f"The client is at version {client.version}, not {version}.",
        )
    if client.is_revoked:
        raise StaleError("这个对接系统已经停用，不能再改；需要的请另外登记。", cure="The client was revoked.")
    return client


def refuse_numbers(row: Managed, *names: str) -> None:
    """Raise InvalidError for a text with a personal number."""
    for name in names:
        refuse_personal_numbers(getattr(row, name), what=str(field_of(type(row), name).verbose_name), field=name)


def refuse_wrong(row: Managed) -> None:
    """Raise InvalidError for a row that must not be saved."""
    try:
        row.full_clean()
    except ValidationError as error:
        raise InvalidError(
            "".join(error.messages), cure=f"The {row._meta.model_name} cannot be saved.", field=field_at_fault(error)
        ) from error


def administrators() -> list[User]:
    """Return the people who manage clients and are told what concerns them."""
    managing = [role for role in Role if role.may_manage_clients]
    return list(User.objects.active().filter(role__in=managing).select_related("division"))


def whose_area_holds(client: ApiClient, people: Iterable[User]) -> list[User]:
    """Return those of the people in whose area the client's division lies; their divisions must be loaded."""
    return [each for each in people if client.user.division.path.startswith(each.division.path)]


def log(
    by: Actor,
    row: Managed,
    client: ApiClient,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    what: str,
) -> None:
    """Log what differs, as a change set of the client's division. An empty `before` is that of a new row, an empty `after` that of a removed one."""
    changed = differing(before, after) if before and after else {"before": dict(before), "after": dict(after)}
    division: Any = client.user.division
    summary = f"{what}：{client}" if row is client else f"{what}：{client}的{row}"
    change_set = begin_change_set(by=by, summary=summary, division=division, affects_figures=False)
    log_changes(change_set, [change_of(row, division=division.pk, **changed)])
