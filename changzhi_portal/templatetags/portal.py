"""Template tags and filters that Django lacks."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from changzhi_portal import percent
from changzhi_portal.display import display_change, display_number
from changzhi_portal.menu import Menu, menu_for
from changzhi_portal.records import BEGINNING

register = template.Library()

# 2018年6月30日, 2018年6月, 2020年, 6月30日, 30日
_DATE = re.compile(r"\d+年(?:\d+月(?:\d+日)?)?|\d+月(?:\d+日)?|\d+日")
# 3个百分点, −0.4, 12,817.84平方米, 2—5名, ≥30㎡/百户, 〔2017〕138号; a number alone needs no help.
_NUMBER = r"[≥+−]?\d[\d,.]*(?:—\d[\d,.]*)?"
_UNIT = r"个百分点|个月|(?:平方米|㎡|名|个)/(?:百户|万人)|平方米|㎡|万元|[元%个名人处家项次天户号期]"
_DATE_OR_AMOUNT = re.compile(rf"{_DATE.pattern}|(?:〔\d+〕)?{_NUMBER}(?:{_UNIT})")


@register.filter
def quantity(value: Decimal | float | None) -> str:
    """Return a number with thousands separated and without trailing zeros: 12,345.5; a dash for None."""
    return display_number(value)


@register.filter
def change(value: Decimal | float | None) -> str:
    """Return a change of an amount with its sign: +410, −0.4, 持平; a dash for None."""
    return display_change(value, decimals=None)


@register.filter
def percent_text(printed: Decimal | float | None) -> str:
    """Return a percentage that `changzhi_portal.percent` has rounded as text: 62.7%; a dash for None."""
    return percent.percent_text(printed)


@register.filter
def whole_dates(text: Any) -> SafeString:
    """Return text as HTML with every date in a span of the class `date`, which the style sheets never break.

    Lines of Chinese may be broken anywhere, also within 2018年6月30日. A span leaves search and copying as they are; a
    word joiner would be a character of the text.
    """
    return mark_safe(_DATE.sub(r'<span class="date">\g<0></span>', conditional_escape(text)))  # noqa: S308  # escaped above


@register.filter
def unbroken(text: Any) -> SafeString:
    """Return text as HTML with every date and every number with its unit in a span that is never broken.

    As `whole_dates`, for documents: 3个百分点, 12,817.84平方米, 2—5名, 〔2017〕138号.
    """
    return mark_safe(_DATE_OR_AMOUNT.sub(r'<span class="date">\g<0></span>', conditional_escape(text)))  # noqa: S308  # escaped above


@register.simple_tag(takes_context=True)
def menu(context: template.Context) -> SafeString:
    """Return the menu of the page for its user, as HTML."""
    request = context.get("request")
    return _menu_html(menu_for(getattr(request, "user", None), request))


@lru_cache(maxsize=500)  # every page has one, and there are hardly more than roles times entries
def _menu_html(shown: Menu) -> SafeString:
    return render_to_string("frame/menu.html", {"menu": shown})


@register.filter
def since(day: datetime.date) -> str:
    """Return the first day of a fact as text; for an unknown first day, a text that says so."""
    return "建档时" if day <= BEGINNING else f"{day:%Y-%m-%d}"
