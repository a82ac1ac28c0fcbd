"""Tests of 居前 and 居后: places by the printed rate, shared by all that have it (docs/domain.md §7.3)."""

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from changzhi_portal.percent import percent
from reports import words
from reports.ranking import MOST_NAMED, in_one_list, order_of
from tests.reports.briefings import CITY, COUNTY, division, target


def divisions_with(*counts):
    """Return a row for each (reached, judged)."""
    rows = []
    for number, (met, judged) in enumerate(counts):
        row = division(f"1404{number:02}", f"第{number}县", judged, met)
        printed = percent(met, judged)
        rows.append(dataclasses.replace(row, percent=None if printed is None else float(printed)))
    return tuple(rows)


def ranked(*counts):
    order = order_of(divisions_with(*counts))
    return [row.name for row in in_one_list(order.best)], [row.name for row in in_one_list(order.weakest)]


def sentence(*counts, edition=CITY):
    rows = divisions_with(*counts)
    return words.target_sentences(target(divisions=rows), edition)[1]


def test_three_lead_and_three_lag():
    assert ranked(*((part, 10) for part in range(9))) == (["第8县", "第7县", "第6县"], ["第0县", "第1县", "第2县"])


def test_only_one_falls_short_and_those_at_100_percent_are_no_laggards():
    """All counties but the last have reached the target: as in 城市社区专业人才 of June 2020, where 沁县 alone is short."""
    counts = [(5, 5)] * 11 + [(4, 5)]
    assert ranked(*counts)[1] == ["第11县"]
    assert sentence(*counts) == "除第11县（80.0%）外，其余11个县（市、区）已全部达标。"
    assert sentence(*counts, edition=COUNTY) == "除第11县（80.0%）外，其余11个街道（乡镇）已全部达标。"


def test_a_tie_at_the_third_place_is_named_whole_or_not_at_all():
    named = [(9, 10), (8, 10), (7, 10), (7, 10), (7, 10), *((part, 20) for part in (1, 2, 3, 4, 5))]
    assert ranked(*named)[0] == ["第0县", "第1县", "第2县", "第3县", "第4县"]
    too_many = [(9, 10), (8, 10), *[(7, 10)] * 4, *((part, 20) for part in range(1, 7))]
    assert ranked(*too_many)[0] == ["第0县", "第1县"]


def test_rates_that_print_alike_share_a_place():
    """2 of 3 and 20,001 of 30,000 both print 66.7%, and readers see no difference."""
    assert ranked((2, 3), (20_001, 30_000), (1, 9)) == (["第1县", "第0县"], ["第2县"])


def test_nearly_all_is_not_all():
    assert ranked((30_000, 30_000), (29_999, 30_000)) == (["第0县"], ["第1县"])


def test_nobody_leads_where_all_stand_alike_or_only_one_is_judged():
    assert ranked((1, 2), (2, 4), (0, 0)) == ([], [])
    assert ranked((1, 2)) == ([], [])
    assert ranked() == ([], [])


counts_of_divisions = st.lists(
    st.integers(0, 12).flatmap(lambda judged: st.tuples(st.integers(0, judged), st.just(judged))), max_size=20
)


@given(counts_of_divisions)
def test_no_division_is_in_both_none_at_100_percent_lags_and_ties_are_treated_alike(counts):
    rows = divisions_with(*counts)
    order = order_of(rows)
    best, weakest = in_one_list(order.best), in_one_list(order.weakest)
    first, last = {row.code for row in best}, {row.code for row in weakest}
    assert not first & last
    assert all(row.percent < 100 for row in weakest)
    assert bool(best) == bool(weakest) == (len({row.percent for row in rows if row.judged}) > 1)
    for chosen in (first, last):
        for row in rows:
            alike = {other.code for other in rows if other.judged and other.percent == row.percent}
            assert not row.judged or row.code not in chosen or alike <= chosen
    if best:
        outside = [row for row in rows if row.judged and row.code not in first | last]
        assert min(row.percent for row in best) > max(row.percent for row in weakest)
        assert all(weakest[-1].percent < row.percent < best[-1].percent for row in outside)


@given(counts_of_divisions)
def test_the_order_in_which_divisions_come_and_their_codes_do_not_matter(counts):
    def figures_of(rows):
        order = order_of(rows)
        return [sorted(row.percent for row in in_one_list(places)) for places in (order.best, order.weakest)]

    rows = divisions_with(*counts)
    recoded = tuple(dataclasses.replace(row, code=f"{999_999 - int(row.code)}") for row in rows)
    assert figures_of(rows) == figures_of(recoded[::-1])


def test_a_division_that_has_mostly_not_reported_is_not_ranked():
    """Its rate of 0 % or so would say who has reported, and not who is behind (docs/domain.md §7.3)."""
    rows = divisions_with((4, 5), (3, 5), (0, 5), (2, 4))
    silent = dataclasses.replace(rows[2], unmet=0, unknown=5)
    half = dataclasses.replace(rows[3], unmet=0, unknown=2)
    order = order_of((*rows[:2], silent, half))
    assert [row.name for row in order.unreported] == ["第2县"]
    assert [row.name for row in in_one_list(order.weakest)] == ["第3县"]


def unmet_rows(*unmet):
    return tuple(
        division(f"1404{number:02}", f"第{number}县", 20, 20 - lacking) for number, lacking in enumerate(unmet)
    )


def where(*unmet):
    short = target(
        unmet=sum(unmet), divisions=unmet_rows(*unmet), farthest={"missing": 10, "number": sum(unmet), "rows": []}
    )
    return words.shortcoming(short, CITY)


def test_equally_many_unmet_communities_are_named_together_or_counted():
    assert where(3, 2, 2, 1, 0).endswith("较多的是第0县（3个）、第1县（2个）、第2县（2个）。")
    assert where(2, 1, 1, 1, 1).endswith(
        "较多的是第0县（2个）、第1县（1个）、第2县（1个）、第3县（1个）、第4县（1个）。"
    )
    assert where(2, *[1] * 5).endswith("较多的是第0县（2个）。")
    assert where(*[2] * 6, 1).endswith("较多的是6个县（市、区）（各2个）。")
    assert where(*[2] * 6) == "城市社区设施面积未达标的12个城市社区均还缺10平方米。"


def test_at_most_five_share_a_place_by_name():
    assert MOST_NAMED == 5
    assert "居前的是第0县、第1县、第2县、第3县、第4县（均为90.0%）" in sentence(*[(9, 10)] * 5, *[(1, 10)] * 5)
    assert "居前的是6个县（市、区）（均为90.0%）" in sentence(*[(9, 10)] * 6, *[(1, 10)] * 6)
