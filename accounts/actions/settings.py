"""Changing what the bureau has decided about accounts."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from accounts.models import AccountSettings, User
from changelog.actions import begin_change_set, change_of, log_changes
from changzhi_portal.refusals import NotAllowedError, StaleError


def change_account_settings(*, by: User, version: int, counties_manage_clerks: bool) -> AccountSettings:
    """Say whether counties manage the clerks of their towns.

    Raises NotAllowedError for a role that does not manage all users, StaleError if the settings were changed since this
    version (0 for settings that were never saved).
    """
    if not by.role.manages_all_users:
        raise NotAllowedError(
            "账号设置由市局修改，请联系市局管理员。", cure=f"The role of {by.username} may not change these settings."
        )
    try:
        with transaction.atomic():
            settings = AccountSettings.objects.select_for_update().filter(pk=AccountSettings.ONLY).first()
            is_new = settings is None
            settings = settings or AccountSettings(pk=AccountSettings.ONLY)
            if settings.version != version:
                raise _changed_meanwhile()
            before = settings.counties_manage_clerks
            if before == counties_manage_clerks:
                return settings
            settings.counties_manage_clerks = counties_manage_clerks
            settings.version += 1
            settings.save(force_insert=is_new)
            change_set = begin_change_set(by=by, summary="修改账号设置", affects_figures=False)
            change = change_of(
                settings,
                division=by.division.pk,
                before={"counties_manage_clerks": before},
                after={"counties_manage_clerks": counties_manage_clerks},
            )
            log_changes(change_set, [change])
    except IntegrityError as error:
        raise _changed_meanwhile() from error
    return settings


def _changed_meanwhile() -> StaleError:
    return StaleError(
        "您打开页面以后，有人改过账号设置，没有保存；请重新打开这一页再改。",
        cure="The settings were changed since they were read.",
    )
