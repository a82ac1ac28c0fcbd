"""For any figures, no sentence of a briefing contradicts them (docs/domain.md §7.4).

Counts of up to thirteen counties in this month, the month before and a year before are invented; rates, changes and
pace are derived from them as for a real issue; what the sentences claim is read back and compared with the counts.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import NamedTuple

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from changzhi_portal.display import display_number
from periods.models import month_after, parse_month
from reports import forecast, words
from reports.progress import progress_figures
from reports.stored_figures import DivisionFigures, TargetFigures
from targets.models import Target, TargetPlan
from targets.series import Trend
from tests.reports.briefings import CITY, division, figures
from tests.reports.situations import CITY_NAMES, rate, units

pytestmark = pytest.mark.one_database

JUNE = parse_month("2018-06")
PLAN = {"title": "方案", "document": "长民发〔2017〕138号", "ends_on": "2020-12-31"}
_NAME = f"(?:{'|'.join(CITY_NAMES)})"
_ALONE = re.compile(rf"({_NAME})（(\d+\.\d)%）")  # 沁县（20.0%）
# 城区、郊区、沁县（均为25.0%） or 6个县（市、区）（均为25.0%）
_TOGETHER = re.compile(rf"(?:((?:{_NAME}、)+{_NAME})|(\d+)个县（市、区）)（均为(\d+\.\d)%）")
_OF_TWO = re.compile(rf"^({_NAME})(?:全部达标|达标率(\d+\.\d)%)，居前；({_NAME})达标率(\d+\.\d)%，居后")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_NO_FIGURE = re.compile(r"\d{4}年(?:\d+月(?:\d+日)?)?|〔2017〕138号|四（三）3|“[^”]*”")


class Counts(NamedTuple):
    """The counts of one county or of all, in one month."""

    judged: int
    met: int
    over: int
    unknown: int

    @property
    def reached(self) -> int:
        return self.met + self.over

    @property
    def printed(self) -> Decimal | None:
        """The printed rate; None where most is unknown, which is compared with nothing."""
        if not self.judged or 2 * self.unknown > self.judged:
            return None
        return Decimal(str(rate(self.reached, self.judged)))


@st.composite
def counts(draw, largest):
    """Draw the counts of a county; often all, none, all but one, or nothing reported."""
    judged = draw(st.integers(0, 3) | st.integers(0, largest))
    unknown = draw(st.just(0) | st.just(judged) | st.integers(0, judged))
    known = judged - unknown
    reached = draw(st.sampled_from([0, known, max(known - 1, 0)]) | st.integers(0, known))
    over = draw(st.just(0) | st.integers(0, reached))
    return Counts(judged, reached - over, over, unknown)


@st.composite
def issues(draw):
    """Draw the counts of each county, those of all in four months (None: not measured), and a changed standard or ""."""
    largest = draw(st.sampled_from([3, 40, 4_000]))
    number = draw(st.integers(1, len(CITY_NAMES)))
    now = draw(st.lists(counts(largest), min_size=number, max_size=number))
    if draw(st.booleans()):  # many are alike
        now = [draw(st.sampled_from(now[:3])) for _ in now]
    whole = Counts(*(sum(column) for column in zip(*now, strict=True)))
    earlier = [draw(counts(largest * len(now)) | st.just(whole) | st.none()) for _ in range(3)]
    standard = draw(st.sampled_from(["", "", "1—4名"]))
    if standard:
        earlier = [None] * 3  # `reports.comparability` leaves these months out
    return now, dict(zip((0, 1, 4, 12), (whole, *earlier), strict=True)), standard


def row_of(number: int, each: Counts) -> DivisionFigures:
    unmet = each.judged - each.reached - each.unknown
    row = division(f"1404{number:02}", CITY_NAMES[number], each.judged, each.met, unmet=unmet)
    return replace(row, over=each.over, unknown=each.unknown, percent=rate(each.reached, each.judged))


def target_of(now, months, standard) -> TargetFigures:
    """Return the target as a briefing stores it."""
    exact = {
        month_after(JUNE, -back): Fraction(100 * each.reached, each.judged) if each.printed is not None else None
        for back, each in months.items()
        if each is not None
    }
    asked = Target(plan=TargetPlan(ends_on=parse_month("2020-12").replace(day=31)), aggregate="each")
    whole = months[0]
    return units(
        whole.judged,
        whole.met,
        over=whole.over,
        unknown=whole.unknown,
        **{"at_least": 2, "at_most": 5, "unit": "名", "standard_last_month": standard},
        divisions=[row_of(number, each) for number, each in enumerate(now)],
        **vars(progress_figures(Trend(asked, JUNE, exact))),
    )


def claimed(pattern: str, text: str) -> list[str]:
    return re.findall(pattern, text)


def check_how_it_stands(said: str, target: TargetFigures, months: dict[int, Counts | None]) -> None:
    """Check each number and each word of the first paragraph."""
    whole = months[0]
    reached, unmet = whole.reached, whole.judged - whole.reached - whole.unknown
    assert claimed(r"参评城市社区([\d,]+)个", said) == [display_number(whole.judged)]
    assert set(claimed(r"(?<![未新])达标([\d,]+)个", said)) <= {display_number(reached)}
    assert set(claimed(r"(?:未达标|仅)([\d,]+)个", said)) <= {display_number(unmet)}
    assert set(claimed(r"缺([\d,]+)名", said)) <= ({display_number(80 * unmet)} if unmet else set())
    assert claimed(r"暂不能判定的([\d,]+)个", said) in ([], [display_number(whole.unknown)])
    assert set(claimed(r"超过5名的([\d,]+)个", said)) <= {display_number(whole.over)}
    assert set(claimed(r"达标率(\d+\.\d)%", said)) <= {f"{rate(reached, whole.judged):.1f}"}
    if "全部达标" in said or "，已达标" in said or "新达标" in said:
        assert reached == whole.judged
    if "均未达标" in said or "尚未达标" in said:
        assert unmet == whole.judged
    if "尚无达标的" in said:
        assert not reached
    assert ("未报，暂不能判定" in said) == (whole.unknown == whole.judged)
    for back, up_or_down, same in (
        (1, r"较上月(提高|下降)(\d+\.\d)个", "与上月持平"),
        (12, r"同比(提高|下降)(\d+\.\d)个", "同比持平"),
    ):
        before = months[back]
        change = None if before is None or None in (before.printed, whole.printed) else whole.printed - before.printed
        moved = claimed(up_or_down, said)
        event(f"{moved[0][0]} over {back} months" if moved else f"no change over {back} months")
        assert moved in ([], [("提高" if change and change > 0 else "下降", f"{abs(change or 0):.1f}")])
        assert not moved or change
        assert same not in said or change == 0
        if whole.judged > 1 and change is not None:
            assert moved or same in said


def check_order(said: str, rows: dict[str, DivisionFigures]) -> None:
    """Check who is named, with which rate, and that nobody is called ahead of one with a higher rate."""
    ranked = [row for row in rows.values() if row.judged and 2 * row.unknown <= row.judged]
    if pair := _OF_TWO.match(said):
        ahead, behind = rows[pair[1]], rows[pair[3]]
        assert (pair[2] is None) == (ahead.reached == ahead.judged)
        assert pair[2] is None or pair[2] == f"{ahead.percent:.1f}"
        assert pair[4] == f"{behind.percent:.1f}"
        assert ahead.percent > behind.percent
        assert len(ranked) == 2
        event("two")
        return
    first, _, last = said.partition("居后的是")
    ahead, behind = named_in(first, rows, ranked), named_in(last, rows, ranked)
    if last:
        assert not {row.code for row in ahead} & {row.code for row in behind}
        assert all(row.percent < 100 for row in behind)
        assert not ahead or min(row.percent for row in ahead) > max(row.percent for row in behind)
        assert max(row.percent for row in behind) < max(row.percent for row in ranked)
        event("who lags")
    for names, number in claimed(
        rf"((?:{_NAME}、)*{_NAME}(?=已|均已|等))?(?:等?(\d+)个县（市、区）)?均?已全部达标", said
    ):
        done = [row for row in ranked if row.reached == row.judged]
        mentioned = names.split("、") if names else []
        assert {rows[name] for name in mentioned} <= set(done)
        assert len(done) == int(number or len(mentioned))
        event("all reached")
    if "均无达标的" in said:
        assert not any(row.reached for row in ranked)
    if alike := claimed(r"达标率相同，均为(\d+\.\d)%", said):
        assert {f"{row.percent:.1f}" for row in ranked} == set(alike)
        event("all alike")
    if outside := claimed(rf"除({_NAME})（", said):
        assert [row.name for row in ranked if row.reached < row.judged] == outside
        event("all but one")
    if "不参加排名" in said:
        assert len(ranked) < len([row for row in rows.values() if row.judged])


def named_in(said: str, rows: dict[str, DivisionFigures], ranked: list[DivisionFigures]) -> list[DivisionFigures]:
    """Return the divisions that a part of a sentence names or counts with their rates; check these."""
    found = []
    for name, printed in _ALONE.findall(said):
        assert f"{rows[name].percent:.1f}" == printed
        found.append(rows[name])
    for names, number, printed in _TOGETHER.findall(said):
        with_it = [row for row in ranked if f"{row.percent:.1f}" == printed]
        assert not number or len(with_it) == int(number)
        assert not names or {row.name for row in with_it} == set(names.split("、"))
        found += with_it
    for row in found:
        alike = {other.code for other in ranked if other.percent == row.percent}
        assert alike <= {other.code for other in found}, "those that share a rate are treated alike"
    return found


def check_numbers(said: str, target: TargetFigures) -> None:
    """Check that every number in the text is one of the figures."""
    pace = target.pace
    ranked = [row for row in target.divisions if row.judged]
    known = {
        display_number(each) for each in (target.judged, target.reached, target.unmet, target.unknown, target.over)
    }
    known |= {display_number(target.gap), "2", "5", "1", "4"}  # and the bounds
    known |= {f"{row.percent:.1f}" for row in (*ranked, target) if row.percent is not None}
    known |= {f"{abs(each):.1f}" for each in (target.change_on_last_month, target.change_on_year_before) if each}
    known |= {f"{abs(each):.2f}" for each in (pace.progress, pace.needed) if each is not None}
    known |= {"0.01", str(pace.months_counted), str(pace.months_left)}
    known |= {str(number) for number in range(3, len(ranked) + 1)}  # of counties: see check_order
    assert set(_NUMBER.findall(_NO_FIGURE.sub("", said))) <= known


NEARLY, ALL, BOTH = Counts(3_446, 3_445, 0, 0), Counts(3_446, 3_446, 0, 0), Counts(6_892, 6_891, 0, 0)


@settings(max_examples=400)
@given(issues())
@example(([NEARLY, ALL], {0: BOTH, 1: BOTH, 4: None, 12: None}, ""))
def test_no_sentence_contradicts_the_figures(drawn):
    now, months, standard = drawn
    target = target_of(now, months, standard)
    rows = {row.name: row for row in target.divisions}
    issue = figures(plan=PLAN, targets=[target])
    stands, *order = words.target_sentences(target, CITY)
    pace = [forecast.target_pace(target, PLAN["ends_on"]), *forecast.next_steps(issue)]
    if not target.judged:
        assert stands.endswith("全市本月没有参评的城市社区。")
        return
    whole = words.overview(issue)[0]
    check_how_it_stands(stands, target, months)
    check_order(order[0], rows)
    check_numbers("".join([stands, *order, *pace, whole]), target)
    everything = "".join([stands, *order, *pace, whole])
    for place in (target, *rows.values()):
        assert (place.percent == 100.0) == bool(place.judged and place.reached == place.judged)
    assert not re.search(r"(?<![\d.])0(?:\.0+)?个百分点|缺0|(?<![\d,.])0个|None|—(?!\d)", everything)
    assert not re.search(r"，，|；；|。。|，。|；。|，；|：。", everything)
    assert "提高" not in whole or (target.change_on_last_month or 0) > 0
    assert "下降" not in whole or (target.change_on_last_month or 0) < 0


@given(
    st.floats(-100, 100) | st.sampled_from([0.0, -0.0, 0.04, -0.04, 0.05, 0.004, -0.005]),
    st.sampled_from(["", "个", "㎡/百户"]),
)
def test_a_change_has_the_direction_and_the_amount_that_are_printed(change, unit):
    step = Decimal("0.01") if unit else Decimal("0.1")
    printed = Decimal(str(change)).quantize(step, ROUND_HALF_UP)
    amount = display_number(abs(printed)) if unit else f"{abs(printed):.1f}"
    measured = {"": "个百分点", "个": "个", "㎡/百户": "平方米/百户"}[unit]
    for said, since, same in (
        (words.change_on_last_month(change, unit), "较上月", "与上月持平"),
        (words.change_on_year_before(change, unit), "同比", "同比持平"),
    ):
        assert said == (f"{since}{'提高' if printed > 0 else '下降'}{amount}{measured}" if printed else same)
