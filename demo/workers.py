"""Demo rows of 社会工作者: people at communities and town stations, later arrivals, transfers and departures."""

from __future__ import annotations

import datetime
from collections import defaultdict
from functools import partial
from itertools import count

from demo.county_profiles import profile_of
from demo.fake_data import FakeData, id_number, phone
from demo.monthly_rows import Row, RowsByMonth, TargetProgress, sorted_by_place
from demo.places import DemoCommunity, DemoCounty
from demo.span import Span, busyness

LEVELS = {"助理社会工作师": 62.0, "社会工作师": 26.0, "高级社会工作师": 2.0, "无": 10.0}  # of professionals
POSITIONS = ("社区工作者", "网格员", "党建专干", "民政专干", "社工", "居委会委员")
RECRUITED_BY = {"公开招聘": 5.0, "民主选举": 3.0, "竞争上岗": 1.0, "购买服务": 1.0, "挂职锻炼": 0.5, "高校毕业生": 1.0}
FIRST_BORN, LAST_BORN = datetime.date(1962, 1, 1), datetime.date(1995, 12, 31)
FIRST_DAY = datetime.date(2010, 3, 1)
# The demo's last day; of one in so many the registration ends in August.
LAST_DAY, SOON_EVERY = datetime.date(2020, 6, 30), 40
NEEDED_URBAN, NEEDED_RURAL = 2, 1  # professionals required of a community [三]
MOST_EXPECTED = 5
REPLACED_A_MONTH, TRANSFERRED_A_MONTH = 0.5, 0.3  # per county, of people without a certificate


def worker_rows(county: DemoCounty, span: Span) -> RowsByMonth:
    """Return the rows of the county's 社会工作者 sheets by month, each a dict by field."""
    return _Workers(county, span).rows_by_month()


class _Workers:
    """Generator of one county's workers, month by month."""

    def __init__(self, county: DemoCounty, span: Span) -> None:
        self._county = county
        self._span = span
        self._fake = FakeData("workers", county.code)
        self._serials = count(1)
        self._professionals: dict[str, list[Row]] = defaultdict(list)  # in office, by community
        self._others: list[Row] = []  # in office at communities, without a certificate
        profile = profile_of(county.code)
        urban = [community for community in county.communities if community.is_urban]
        villages = [community for community in county.communities if not community.is_urban]
        self._urban = TargetProgress(urban, profile.professionals, self._fake)
        self._villages = TargetProgress(villages, profile.rural_professionals, self._fake)
        self._community = {community.code: community for community in county.communities}

    def rows_by_month(self) -> RowsByMonth:
        """Return the rows of every month of the span."""
        rows_by_month = {self._span.first: self._first()}
        for month in self._span.later:
            gain, lose = partial(self._reach_target, month), partial(self._miss_target, month)
            rows = [
                row
                for progress in (self._urban, self._villages)
                for row in progress.rows_in(month, gain=gain, lose=lose)
            ]
            rows_by_month[month] = sorted_by_place(
                [*rows, *self._replaced(month), *self._transferred(month)], self._county.communities
            )
        return rows_by_month

    def _first(self) -> list[Row]:
        enough = self._urban.start(self._span.first) | self._villages.start(self._span.first)
        rows: list[Row] = []
        for community in self._county.communities:
            professionals, others = self._numbers(community, is_enough=community.code in enough)
            rows += [self._professional(community, self._days_before_start()) for _ in range(professionals)]
            rows += [self._other(community, self._days_before_start()) for _ in range(others)]
        towns = dict.fromkeys(community.town for community in self._county.communities)
        return sorted_by_place(
            [*rows, *(row for town in towns for row in self._station(town))], self._county.communities
        )

    def _numbers(self, community: DemoCommunity, *, is_enough: bool) -> tuple[int, int]:
        """Return the numbers of professionals and of people without a certificate."""
        fake = self._fake
        if not community.is_urban:
            return (NEEDED_RURAL if is_enough else 0), (1 if fake.chance(0.18) else 0)
        if not is_enough:
            return fake.number(0, NEEDED_URBAN - 1), fake.number(2, 5)
        return (6 if fake.chance(0.08) else fake.number(NEEDED_URBAN, MOST_EXPECTED)), fake.number(1, 4)

    def _days_before_start(self) -> tuple[datetime.date, datetime.date]:
        return FIRST_DAY, self._span.day - datetime.timedelta(days=10)

    # --- Month by month ---

    def _reach_target(self, month: datetime.date, community: DemoCommunity) -> list[Row]:
        """Recruit the professionals that the community lacks to meet the target."""
        missing = _needed(community) - len(self._professionals[community.code])
        return [self._professional(community, _within(month)) for _ in range(missing)]

    def _miss_target(self, month: datetime.date, community: DemoCommunity) -> list[Row]:
        """Let professionals leave until the community no longer meets the target."""
        in_office = self._professionals[community.code]
        return [self._left(in_office.pop(), month) for _ in range(len(in_office) - _needed(community) + 1)]

    def _replaced(self, month: datetime.date) -> list[Row]:
        """Return people without a certificate who leave, and those who replace them."""
        rows = []
        for gone in self._some_others(self._fake.about(REPLACED_A_MONTH * busyness(month))):
            rows.append(self._left(gone, month))
            rows.append(self._other(self._community[gone["community_code"]], _within(month)))
        return rows

    def _transferred(self, month: datetime.date) -> list[Row]:
        """Return people without a certificate who move to another community of the county."""
        rows = []
        for person in self._some_others(self._fake.about(TRANSFERRED_A_MONTH * busyness(month))):
            community = self._fake.one_of(self._county.communities)
            if community.code != person["community_code"]:
                person = person | _at(community) | {"started_on": self._fake.day_in(month)}
                rows.append(person)
            self._others.append(person)
        return rows

    def _some_others(self, number: int) -> list[Row]:
        """Remove some of the longest-serving people without a certificate from the list and return them."""
        chosen = self._fake.some_of(self._others[: len(self._others) // 2], number)
        self._others = [person for person in self._others if not any(person is each for each in chosen)]
        return chosen

    def _left(self, person: Row, month: datetime.date) -> Row:
        last_day = max(self._fake.day_in(month), person["started_on"])
        return person | {"ended_on": last_day, "note": "离岗"}

    # --- Rows ---

    def _professional(self, community: DemoCommunity, days: tuple[datetime.date, datetime.date]) -> Row:
        row = _at(community) | self._person(days, is_professional=True)
        self._professionals[community.code].append(row)
        return row

    def _other(self, community: DemoCommunity, days: tuple[datetime.date, datetime.date]) -> Row:
        row = _at(community) | self._person(days, is_professional=False)
        self._others.append(row)
        return row

    def _station(self, town: str) -> list[Row]:
        """Return the people of a town's station: up to two professionals and one other person."""
        professionals = self._fake.number(0, 2)
        station: Row = {"town": town, "is_community_worker": False}
        return [
            station | self._person(self._days_before_start(), is_professional=number < professionals)
            for number in range(professionals + 1)
        ]

    def _person(self, days: tuple[datetime.date, datetime.date], *, is_professional: bool) -> Row:
        fake, county, serial = self._fake, self._county, next(self._serials)
        is_male = fake.chance(0.4)
        born = _birthday(serial)
        level = fake.weighted(LEVELS) if is_professional else "无"
        first, last = days
        row: Row = {
            "county": county.name,
            "name": fake.person(is_male=is_male),
            "id_number": id_number(int(county.code[4:]), born=born, is_male=is_male),
            "gender": "男" if is_male else "女",
            "position": fake.one_of(POSITIONS),
            "level": level,
            # A professional without a certificate has the degree (docs/domain.md §4).
            "has_social_work_degree": is_professional and (level == "无" or fake.chance(0.15)),
            "recruited_by": fake.weighted(RECRUITED_BY),
            "started_on": fake.day(max(first, _grown_up(born)), last),
            "phone": phone(5_000 + int(county.code[4:]) * 61 + serial),
        }
        if level != "无":
            year = fake.number(2008, 2017)
            row["certificate_number"] = f"演示{year}{county.code}{serial:05d}"
            if level != "高级社会工作师":  # whom there are since 2018 only
                row |= _registration(year, serial)
        return row


def _registration(year: int, serial: int) -> Row:
    """Return when a certificate of a year was given, and until when it is registered, renewed every third year.

    Few registrations end soon after the demo's last month; none ends before.
    """
    certified_on = datetime.date(year, 8 if serial % SOON_EVERY == 0 else 10 + serial % 3, 1 + serial % 28)
    until = certified_on
    while until <= LAST_DAY:
        until = until.replace(year=until.year + 3)
    return {"certified_on": certified_on, "registered_until": until}


def _at(community: DemoCommunity) -> Row:
    return {
        "town": community.town,
        "community_name": community.name,
        "community_code": community.code,
        "is_community_worker": True,
    }


def _needed(community: DemoCommunity) -> int:
    return NEEDED_URBAN if community.is_urban else NEEDED_RURAL


def _within(month: datetime.date) -> tuple[datetime.date, datetime.date]:
    return month, month.replace(day=24)


def _birthday(serial: int) -> datetime.date:
    """Return a birthday that differs for each of a county's first 12,000 people.

    With the county's digits it makes every ID number unique. The step of 4,999 days shares no divisor with the length of
    the span, so no day repeats before all have been used.
    """
    span = (LAST_BORN - FIRST_BORN).days + 1
    return FIRST_BORN + datetime.timedelta(days=serial * 4_999 % span)


def _grown_up(born: datetime.date) -> datetime.date:
    return datetime.date(born.year + 20, 1, 1)
