"""Demo rows of 协商: what urban communities talk over, what they agree on, and what is done in time, late or not at all."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping

from demo.activities import ORGANIZATIONS, place_of_row
from demo.fake_data import FakeData
from demo.monthly_rows import Row, RowsByMonth
from demo.places import DemoCounty
from demo.span import Span, busyness

HELD_A_MONTH = 1.5  # consultations of a county in an ordinary month
# Topic, category, and what was agreed.
_TOPICS = (
    ("老旧小区加装电梯", "公共设施", "由物业公司报建，受益住户分摊费用"),
    ("小区停车位改造", "物业服务", "利用空地增设车位，夜间向居民开放"),
    ("更换物业服务企业", "物业服务", "公开选聘物业服务企业，选聘结果上墙公示"),
    ("垃圾收集点选址", "环境保护", "收集点移到小区北门，每天清运两次"),
    ("楼道堆物清理", "环境保护", "居民限期自清，志愿者每周巡查"),
    ("社区食堂开办", "公益事业", "社区提供场地，面向老年人优惠供餐"),
    ("活动室开放时间", "公益事业", "活动室周末延长开放到晚上九点"),
    ("改造工程质量监督", "项目监督", "推选居民代表参加验收，按月通报进度"),
)
_FORMS = ("议事会", "恳谈会", "听证会", "居（村）民代表会议")
_OUTCOMES = {"一致": 0.6, "部分一致": 0.25, "未达成": 0.15}


def consultation_rows(
    organizations: Mapping[str, list[Row]], counties: Iterable[DemoCounty], span: Span
) -> RowsByMonth:
    """Return the rows of the city's list of consultations by month, each a dict by field.

    What is done in a later month is a row of that month once more, with its day. `organizations` are the rows of the
    first month by county code: the consultations are held where those are.
    """
    found: RowsByMonth = {month: [] for month in span.months}
    for county in counties:
        for row in _held(county, organizations[county.code], span):
            done_on = row.pop("done_on", None)
            held_in = row["held_on"].replace(day=1)
            is_of_one_month = done_on is not None and done_on.replace(day=1) == held_in
            found[held_in].append(row | {"done_on": done_on} if is_of_one_month else row)
            if done_on is not None and not is_of_one_month and done_on.replace(day=1) in found:
                found[done_on.replace(day=1)].append(row | {"done_on": done_on})
    return found


def _held(county: DemoCounty, organizations: Iterable[Row], span: Span) -> Iterator[Row]:
    """Yield the consultations of a county: few around the Spring Festival and in the epidemic of 2020."""
    fake = FakeData("consultations", county.code)
    urban = {community.code for community in county.communities if community.is_urban}
    filed = [
        row for row in organizations if row.get("registration") == "街道备案" and row.get("community_code") in urban
    ]
    near = fake.some_of(filed, ORGANIZATIONS)
    for month in span.months:
        known: set[tuple[str, str]] = set()
        for _ in range(fake.about(HELD_A_MONTH * busyness(month)) if near else 0):
            organization, (topic, category, terms) = fake.one_of(near), fake.one_of(_TOPICS)
            people, held_on = fake.number(15, 60), fake.day_in(month)
            outcome = fake.weighted(_OUTCOMES)
            if (organization["community_code"], topic) in known:
                continue
            known.add((organization["community_code"], topic))
            row = place_of_row(organization) | {
                "held_on": held_on,
                "form": fake.one_of(_FORMS),
                "topic": topic,
                "category": category,
                "participants": people,
                "residents": people - fake.number(2, 10),
                "social_workers": fake.number(0, 3),
                "outcome": outcome,
            }
            if fake.chance(0.6):
                row |= {"organizations": organization["name"], "organization_count": fake.number(1, 3)}
            yield row | (_agreed(fake, held_on, terms) if outcome != "未达成" else {})


def _agreed(fake: FakeData, held_on: datetime.date, terms: str) -> Row:
    """Return what was agreed, by when, and the day it was done: mostly in time, now and then late or not at all."""
    due_on = held_on + datetime.timedelta(days=fake.number(2, 9) * 7)
    days = fake.weighted({-5: 0.5, 0: 0.15, 12: 0.2, None: 0.15})
    return {"agreement": terms, "due_on": due_on} | (
        {} if days is None else {"done_on": due_on + datetime.timedelta(days=days)}
    )
