"""Telling the bureau of tokens that soon expire."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from connections.actions.managing import administrators, whose_area_holds
from connections.models import ApiToken
from notices.actions import Message, notify

KIND = "token_expiry"


def tell_of_expiry(*, day: datetime.date) -> int:
    """Tell every active administrator of the bureau, once, of each token that expires soon after `day`; return how many.

    Safe to run twice at once: a token is told of by whoever has marked it.
    """
    people = administrators()
    told = 0
    for token in ApiToken.objects.expiring(day).with_client().order_by("pk"):
        with transaction.atomic():
            mine = ApiToken.objects.filter(pk=token.pk, expiry_told_at__isnull=True)
            if people and mine.update(expiry_told_at=timezone.now()):
                notify(_messages(token, people))
                told += 1
    return told


def _messages(token: ApiToken, people: list[User]) -> list[Message]:
    text = (
        f"“{token.client}”的令牌“{token.label}”到{token.expires_on}为止，过后对方的程序就读不到数据。"
        "还要用的，请另发一个令牌交给对方换上，再停用旧的。"
    )
    url = token.client.get_absolute_url()
    return [
        Message(each, "对接系统的令牌快到期", text, url, about=token.client.ref, kind=KIND)
        for each in whose_area_holds(token.client, people)
    ]
