"""What people change of their own account besides the password."""

from __future__ import annotations

from django.db import transaction

from accounts.actions.checks import refuse_wrong_fields
from accounts.actions.trail import log_change, state_of
from accounts.models import User
from changzhi_portal.personal import Sealed
from changzhi_portal.refusals import StaleError


@transaction.atomic
def edit_own_contact(*, by: User, version: int, email: str, phone: Sealed | None) -> User:
    """Set the own e-mail address, to which notices are sent, and telephone; raises StaleError for another version."""
    user = User.objects.select_for_update(of=("self",), no_key=True).select_related("division").get(pk=by.pk)
    if user.version != version:
        raise StaleError(
            "您打开页面以后，您的账号有改动，没有保存；请重新打开这一页再改。",
            cure=f"The user is at version {user.version}, not {version}. Read it again.",
        )
    before = state_of(user)
    user.email = email
    if phone != user.phone:
        user.phone = phone
    refuse_wrong_fields(user)
    if state_of(user) != before:
        user.version += 1
        user.save(update_fields=["email", "phone", "version"])
        log_change(by=by, user=user, before=before, summary="修改自己的联系方式")
    return user
