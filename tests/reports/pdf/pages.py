"""Whole issues and documents that the tests print."""

from __future__ import annotations

from changzhi_portal.templatetags.portal import unbroken
from reports.issue import issue_markup
from tests.reports.briefings import division, figures, issue, short_community, target
from tests.reports.situations import CITY_NAMES

RARE = "虒峧辿垯窊淜芣迴垴堙"
COMMENTARY = (
    "今年以来，各县（市、区）认真贯彻“三社联动”工作部署，扎实推进社区综合服务设施建设；但仍有部分街道进展偏慢，请结合"
    "实际、加快补齐短板。其中，新建社区要与住宅小区同步规划、同步建设、同步验收、同步交付使用（见长民发〔2017〕138号）。"
)


def page_of(body: str) -> str:
    """Return a document with this body."""
    return f"<!DOCTYPE html><html lang='zh-Hans'><head><title>试印</title></head><body>{body}</body></html>"


def paragraphs(*texts: str) -> str:
    """Return a document of paragraphs, as an issue prints them."""
    return page_of("".join(f"<p>{unbroken(text)}</p>" for text in texts))


def city_issue() -> str:
    """Return the HTML of a city's issue: every county in the charts, rare characters, typed text and a long annex."""
    places = [division(f"1404{number:02}", name, 12 + number, number) for number, name in enumerate(CITY_NAMES)]
    rows = [short_community(f"{RARE[number % 10]}河{number}社区居委会", area=100 + number) for number in range(60)]
    values = figures(
        is_demo=True,
        shortfalls={"targets": ["urban_facility_area"], "rows": rows},
        targets=[target(divisions=places), target(kind="rural", short_name="农村社区专业人才", divisions=places)],
    )
    return issue_markup(issue(figures=values, commentary=COMMENTARY, next_steps="对照名单整改。\n\n请于7月底前报送。"))
