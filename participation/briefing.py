"""满意度调查, 需求调查 and 活动 in a briefing's 联动工作 (docs/domain.md §7.3)."""

from __future__ import annotations

from changzhi_portal.display import display_number
from changzhi_portal.linked.declared import LinkedPart, LinkedWork, ShownFigure
from changzhi_portal.linked.told import Share, Told, sentence
from changzhi_portal.percent import percent_text
from changzhi_portal.phrases import joined, plain_number
from participation import indicators

_SATISFACTION, _NEEDS, _ACTIVITIES = "满意度调查", "需求调查", "活动"
SURVEYED = Share(
    among="社区",
    unit="个",
    which="近12个月开展过需求调查的",
    lacking="近12个月没有开展需求调查",
    every="近12个月全部开展过需求调查",
    none="近12个月都没有开展需求调查",
    one=("近12个月开展过需求调查", "近12个月没有开展需求调查"),
)


def _satisfaction(told: Told) -> list[str]:
    """Return 全市居民满意率90.0%（50份有效问卷），满意度得分79.6分，满意率较上月提高1.3个百分点."""
    content, score = told.reported("satisfaction"), told.known("satisfaction_score")
    if content is None:
        return []
    if content.value is None or not content.denominator:
        return [f"{told.whole}{told.month[:4]}年还没有样本足够的满意度调查。"]
    answers = f"（{display_number(content.denominator)}份有效问卷）"
    if content.numerator == content.denominator:
        said = f"{told.whole}接受调查的居民全部表示满意{answers}"
    elif not content.numerator:
        said = f"{told.whole}接受调查的居民没有表示满意的{answers}"
    else:
        said = f"{told.whole}居民满意率{percent_text(content.value)}{answers}"
    mark = "" if score is None or score.value is None else f"满意度得分{plain_number(score.value)}分"
    # The newest survey stands until there is another one: that it has not moved says nothing.
    change = "" if content.is_same or not content.change else f"满意率{told.change_of_rate(content)}"
    return sentence(joined([said, mark, change]) + told.coverage(content, compares=not content.is_same))


def _surveyed(told: Told) -> list[str]:
    share = told.share("surveyed", SURVEYED)
    return sentence(f"{told.whole}{share}" if share else "")


def _activities(told: Told) -> list[str]:
    """Return 本月全市开展活动6场，其中邻里互助3场、纠纷调解2场、扶贫济困1场；参加164人次，志愿服务80.5小时，帮扶12户."""
    held = told.known("activities")
    if held is None:
        return []
    coverage = told.coverage(held)
    if not held.numerator:
        return sentence(f"{told.during}{told.whole}没有登记活动{coverage}")
    kinds = [(label, number) for label, number in held.parts.items() if number]
    listed = "、".join(f"{label}{display_number(number)}场" for label, number in kinds)
    of_kinds = (
        f"其中{listed}" if len(kinds) > 1 else f"{'' if held.numerator == 1 else '均'}为{kinds[0][0]}" if kinds else ""
    )
    change = told.change_of_total(held, "场")
    begins = joined([f"{told.during}{told.whole}开展活动{display_number(held.numerator)}场", of_kinds, change])
    return sentence(begins + coverage, joined([_sum(told, *words) for words in _SUMS]))


_SUMS = (("participants", "参加", "人次"), ("volunteer_hours", "志愿服务", "小时"), ("households_helped", "帮扶", "户"))


def _sum(told: Told, code: str, verb: str, unit: str) -> str:
    """Return 参加164人次; "" where there is nothing to say."""
    figure = told.known(code)
    return f"{verb}{plain_number(figure.value)}{unit}" if figure is not None and figure.value else ""


SATISFACTION = LinkedWork(
    code="satisfaction",
    title="居民满意度",
    part=LinkedPart.RELIEF,
    position=40,
    figures=(
        ShownFigure(figure=indicators.SATISFACTION, title="居民满意率", register=_SATISFACTION, is_key=True),
        ShownFigure(figure=indicators.SATISFACTION_SCORE, title="得分（分）", register=_SATISFACTION, is_key=True),
    ),
    paragraphs=_satisfaction,
)
NEEDS = LinkedWork(
    code="needs",
    title="居民需求",
    part=LinkedPart.TALENT,
    position=10,
    figures=(ShownFigure(figure=indicators.SURVEYED, title="开展需求调查的社区", register=_NEEDS, is_key=True),),
    paragraphs=_surveyed,
)
ACTIVITIES = LinkedWork(
    code="activities",
    title="社区活动",
    part=LinkedPart.ORGANIZATIONS,
    position=20,
    figures=(
        ShownFigure(figure=indicators.ACTIVITIES, title="活动（场）", register=_ACTIVITIES, is_key=True),
        ShownFigure(figure=indicators.PARTICIPANTS, title="参加（人次）", register=_ACTIVITIES, is_key=True),
        ShownFigure(figure=indicators.VOLUNTEER_HOURS, title="志愿服务（小时）", register=_ACTIVITIES, is_key=True),
        ShownFigure(figure=indicators.HOUSEHOLDS_HELPED, title="帮扶（户）", register=_ACTIVITIES),
    ),
    paragraphs=_activities,
)
