"""制度文件, 社区发展规划 and 宣传与案例 in a briefing's 联动工作, with one chosen practice case (docs/domain.md §7.3)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any, Final

from changzhi_portal.briefings import TERMS, BriefingSection, IssueOf, Paragraph, from_stored, to_stored
from changzhi_portal.display import display_number
from changzhi_portal.linked.declared import LinkedPart, LinkedText, LinkedWork, ShownFigure
from changzhi_portal.linked.told import Share, Told, sentence
from changzhi_portal.phrases import joined
from periods.models import month_after
from practice import indicators
from practice.models import Story

_DOCUMENTS, _STORIES = "制度文件", "宣传与案例"
WITH_PLAN = Share(
    among="县（市、区）",
    unit="个",
    which="有实施方案的",
    lacking="没有实施方案",
    every="全部有实施方案",
    none="都没有实施方案",
    one=("有实施方案", "没有实施方案"),
)
PLANNED = Share(
    among="社区",
    unit="个",
    which="有社区发展规划的",
    lacking="没有社区发展规划",
    every="全部有社区发展规划",
    none="都没有社区发展规划",
    one=("有社区发展规划", "没有社区发展规划"),
)


def _with_plan(told: Told) -> list[str]:
    """Return 全市县（市、区）13个，其中有实施方案的9个，占69.2%; of one county alone whether it has one."""
    share = told.share("with_plan", WITH_PLAN, goes_on=not told.counties)
    return sentence(f"{told.whole}{share}" if share else "")


def _planned(told: Told) -> list[str]:
    share = told.share("planned", PLANNED)
    return sentence(f"{told.whole}{share}" if share else "")


def _stories(told: Told) -> list[str]:
    """Return 本月全市报送宣传与案例12篇，其中媒体报道5篇、典型案例7篇，较上月增加2篇."""
    stories = told.known("stories")
    if stories is None:
        return []
    # Nothing is said of coverage: where nobody has ever reported any, none was told either.
    if not stories.numerator:
        return sentence(f"{told.during}{told.whole}没有报送宣传与案例")
    parts = [(label, number) for label, number in stories.parts.items() if number]
    if len(parts) == 1:
        of_kinds = f"{'' if stories.numerator == 1 else '全部'}为{parts[0][0]}"
    else:
        of_kinds = f"其中{'、'.join(f'{label}{display_number(number)}篇' for label, number in parts)}" if parts else ""
    said = f"{told.during}{told.whole}报送宣传与案例{display_number(stories.numerator)}篇"
    comparable = stories.counties_before is None
    return sentence(joined([said, of_kinds, told.change_of_total(stories, "篇") if comparable else ""]))


DOCUMENTS = LinkedWork(
    code="documents",
    title="制度保障",
    part=LinkedPart.SUPPORT,
    position=20,
    figures=(
        ShownFigure(figure=indicators.WITH_PLAN, title="有实施方案的县（市、区）", register=_DOCUMENTS, is_key=True),
    ),
    paragraphs=_with_plan,
)
COMMUNITY_PLANS = LinkedWork(
    code="community_plans",
    title="社区发展规划",
    part=LinkedPart.TALENT,
    position=30,
    figures=(ShownFigure(figure=indicators.PLANNED, title="有社区发展规划的社区", register=_DOCUMENTS, is_key=True),),
    paragraphs=_planned,
)
STORIES = LinkedWork(
    code="stories",
    title="宣传与案例",
    part=LinkedPart.SUPPORT,
    position=30,
    figures=(ShownFigure(figure=indicators.STORIES, title="宣传与案例（篇）", register=_STORIES, is_key=True),),
    paragraphs=_stories,
)


# --- The practice case that is quoted ---


@dataclass(frozen=True)
class QuotedStory:
    """A chosen practice case as an issue stores it."""

    office: str
    kind: str
    title: str
    summary: str


# Signs that no print font need have, such as emoji and control characters.
_NOT_PRINTED: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Sk", "So"})


def _figures(issue: IssueOf) -> Any:
    story = quoted_story(issue)
    return None if story is None else to_stored(story)


def quoted_story(issue: IssueOf) -> QuotedStory | None:
    """Return the story of the issue's area that was chosen last in the time that it covers; None without one. One query."""
    since = month_after(issue.period.month, 1 - TERMS[issue.span].months)
    chosen = Story.objects.within(issue.division).in_library().with_place()
    chosen = chosen.filter(chosen_on__gte=since, chosen_on__lte=issue.period.as_of)
    story = chosen.order_by("-chosen_on", "-pk").first()
    if story is None:
        return None
    office = "市本级" if story.division.level == "city" else story.division.full_name
    return QuotedStory(office, str(story.get_kind_display()), _printed(story.title), _printed(story.summary))


def _printed(text: str) -> str:
    return "".join(sign for sign in text if unicodedata.category(sign) not in _NOT_PRINTED)


def _quoted(stored: Any, figures: Any) -> list[str]:
    """Return 城区报送的典型案例《三社联动进楼院》入选案例库：……。"""
    if stored is None:
        return []
    story = from_stored(stored, QuotedStory)
    end = "" if story.summary.endswith(("。", "！", "？", "…", ".")) else "。"
    return [f"{story.office}报送的{story.kind}《{story.title}》入选案例库：{story.summary}{end}"]


def _no_section(stored: Any, figures: Any) -> tuple[Paragraph, ...]:
    """Return nothing: the case is told in 联动工作."""
    return ()


QUOTED = BriefingSection(code="stories", title="入选案例", position=30, figures=_figures, blocks=_no_section)
QUOTED_IN_LINKED = LinkedText(section="stories", part=LinkedPart.SUPPORT, position=40, paragraphs=_quoted)
