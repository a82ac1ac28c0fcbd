"""Demo stories: reports and practice cases of some counties; some are chosen, one was returned, the newest wait."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Final

from accounts.models import User
from demo.accounts import CLERK_OF_COUNTY, OFFICER
from practice.actions import StoryFields, save_story
from practice.flow import FLOW
from practice.models import Story


@dataclass(frozen=True, slots=True)
class DemoStory:
    """A story of a county's clerk, reported in one month; `outcome` is the move that the bureau makes, "" for none."""

    month: datetime.date
    county: str  # its code at the beginning
    kind: str
    title: str
    clause: str
    summary: str
    outcome: str = ""
    outlet: str = ""
    level: str = ""


STORIES: Final = (
    DemoStory(
        *(datetime.date(2018, 3, 1), "140402", Story.Kind.CASE, "室外牌子只挂三块", "四（一）4"),
        "演示数据：社区清理室内外牌子，室外只挂党组织、自治组织和社会组织联合会的，台账合并成一本，居民办事一次说清。",
        "choose",
    ),
    DemoStory(
        *(datetime.date(2018, 6, 1), "140427", Story.Kind.MEDIA, "居民议事会议出一个停车场", "四（二）1"),
        "演示数据：社区社会组织的代表参加居民议事会，商定空地改停车场，三个月建成。",
        outlet="演示日报",
        level=Story.Level.CITY,
    ),
    DemoStory(
        *(datetime.date(2019, 4, 1), "140429", Story.Kind.INNOVATION, "一名社工带五名骨干", "四（三）1"),
        "演示数据：驻村社会工作者每季度培训居民骨干，由骨干组织邻里互助，社工做督导。",
        "choose",
    ),
    DemoStory(
        *(datetime.date(2019, 9, 1), "140481", Story.Kind.CAMPAIGN, "三社联动宣传周", "五（四）"),
        "演示数据：社区、社会组织和社会工作者在广场摆摊，解答办事和服务的问题。",
        level=Story.Level.COUNTY,
    ),
    DemoStory(
        *(datetime.date(2020, 4, 1), "140402", Story.Kind.CASE, "疫情中的互助电话", "四（二）3"),
        "演示数据：社区社会组织排班接听求助电话，代买代送，社工跟进有困难的家庭。",
        "choose",
    ),
    DemoStory(
        *(datetime.date(2020, 6, 1), "140427", Story.Kind.CASE, "设施一室多用", "四（一）2"),
        "演示数据：活动室上午给老年人、下午给学生、晚上给文艺队，按时段排表。",
        "return",
    ),
    DemoStory(
        *(datetime.date(2020, 6, 1), "140429", Story.Kind.CASE, "购买服务先问居民", "四（三）4"),
        "演示数据：购买服务前开居民会议，需求排在前三位的才立项，结束时由居民打分。",
    ),
)
_NOTES: Final = {"choose": "演示数据：做法具体，容易照着做", "return": "演示数据：请补写用了以后有什么变化"}


def report_stories(month: datetime.date) -> int:
    """Report the stories of a month and let the bureau decide, and return how many; a run that is resumed reports none again."""
    reported = 0
    for planned in (each for each in STORIES if each.month == month):
        if Story.objects.filter(title=planned.title).exists():
            continue
        clerk = User.objects.select_related("division").get(username=CLERK_OF_COUNTY[planned.county])
        story = FLOW.make(save_story(by=clerk, fields=_fields(planned)), "submit", by=clerk)
        if planned.outcome:
            officer = User.objects.select_related("division").get(username=OFFICER)
            FLOW.make(story, planned.outcome, by=officer, note=_NOTES[planned.outcome])
        reported += 1
    return reported


def _fields(planned: DemoStory) -> StoryFields:
    return StoryFields(
        kind=planned.kind,
        title=planned.title,
        on=planned.month.replace(day=12),
        summary=planned.summary,
        outlet=planned.outlet,
        level=planned.level,
        clause=planned.clause,
        note="演示数据",
    )
