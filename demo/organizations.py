"""Demo rows of 社会组织: organizations of communities and counties, social-work agencies, later additions and closures."""

from __future__ import annotations

import datetime
from collections import defaultdict
from functools import partial
from itertools import count

from demo.county_profiles import profile_of
from demo.fake_data import FakeData, credit_code, phone
from demo.monthly_rows import Row, RowsByMonth, TargetProgress, sorted_by_place
from demo.places import DemoCommunity, DemoCounty
from demo.population import PopulatedCommunity
from demo.span import Span, busyness

LARGE_VILLAGE = 3_000  # residents from which five organizations are required of a village [四（二）2]
NEEDED_URBAN, NEEDED_RURAL = 10, 5
REGISTERED_SHARE = 0.08
FOUNDED_A_MONTH, DISSOLVED_A_MONTH = 1.4, 0.35  # per county, in villages that no target counts
_SERVICE, _CHARITY, _CULTURE = "社区服务类", "公益慈善类", "文体活动类"
_MUTUAL, _RURAL = "邻里互助类", "农村生产技术服务类"
URBAN_KINDS = (
    ("志愿服务队", _CHARITY),
    ("夕阳红合唱团", _CULTURE),
    ("老年协会", _MUTUAL),
    ("广场舞队", _CULTURE),
    ("太极拳队", _CULTURE),
    ("书画社", _CULTURE),
    ("邻里互助会", _MUTUAL),
    ("人民调解工作室", _SERVICE),
    ("巾帼志愿服务队", _CHARITY),
    ("四点半课堂", _SERVICE),
    ("平安巡逻队", _SERVICE),
    ("残疾人互助协会", _MUTUAL),
    ("爱心超市", _CHARITY),
    ("读书会", _CULTURE),
    ("秧歌队", _CULTURE),
    ("养老服务站", _SERVICE),
    ("环保志愿队", _CHARITY),
    ("计生协会", "其他"),
)
RURAL_KINDS = (
    ("红白理事会", _MUTUAL),
    ("老年协会", _MUTUAL),
    ("种植技术协会", _RURAL),
    ("上党梆子自乐班", _CULTURE),
    ("养殖技术协会", _RURAL),
    ("志愿服务队", _CHARITY),
    ("锣鼓队", _CULTURE),
    ("道德评议会", "其他"),
    ("果树技术协会", _RURAL),
)
AGENCY_NAMES = ("启航", "同心", "春晖", "晨光", "益家", "和谐")
_FIRST_AGENCY = 90_001  # serials of agencies; those of other organizations stay far below


def agency_of(county: DemoCounty, number: int) -> tuple[str, str]:
    """Return name and credit code of a county's agency, counted from 0; projects name it as their provider.

    The agency keeps the name it was registered under when the county is renamed.
    """
    return (
        f"{county.name}{AGENCY_NAMES[number]}社会工作服务中心",
        credit_code("52", county.code, _FIRST_AGENCY + number),
    )


def organization_rows(county: DemoCounty, populated: list[PopulatedCommunity], span: Span) -> RowsByMonth:
    """Return the rows of the county's 社会组织 sheets by month, each a dict by field."""
    return _Organizations(county, populated, span).rows_by_month()


class _Organizations:
    """Generator of one county's organizations, month by month."""

    def __init__(self, county: DemoCounty, populated: list[PopulatedCommunity], span: Span) -> None:
        self._county = county
        self._span = span
        self._fake = FakeData("organizations", county.code)
        self._profile = profile_of(county.code)
        self._serials = count(1)
        self._active: dict[str, list[Row]] = defaultdict(list)  # by community
        self._kinds: dict[str, list[tuple[str, str]]] = {}  # names not used yet in a community
        urban = [place.community for place in populated if place.community.is_urban]
        large = [place.community for place in populated if _is_large_village(place)]
        known = {community.code for community in (*urban, *large)}
        self._small = [place.community for place in populated if place.community.code not in known]
        self._urban = TargetProgress(urban, self._profile.organizations, self._fake)
        self._large = TargetProgress(large, self._profile.rural_organizations, self._fake)

    def rows_by_month(self) -> RowsByMonth:
        """Return the rows of every month of the span."""
        rows_by_month = {self._span.first: self._first()}
        for month in self._span.later:
            gain, lose = partial(self._reach_target, month), partial(self._miss_target, month)
            rows = [
                row for progress in (self._urban, self._large) for row in progress.rows_in(month, gain=gain, lose=lose)
            ]
            rows_by_month[month] = sorted_by_place(
                [*rows, *self._uncounted_villages(month), *self._agencies(month)], self._county.communities
            )
        return rows_by_month

    def _first(self) -> list[Row]:
        enough = self._urban.start(self._span.first) | self._large.start(self._span.first)
        small = {community.code for community in self._small}
        rows: list[Row] = []
        for community in self._county.communities:
            number = self._numbers(community, is_small=community.code in small, is_enough=community.code in enough)
            rows += [self._founded_in(community, self._day_before_start()) for _ in range(number)]
        numbers = range(self._profile.agencies_in(self._span.first))
        return [*rows, *(self._agency(number, self._day_before_start()) for number in numbers), self._union()]

    def _numbers(self, community: DemoCommunity, *, is_small: bool, is_enough: bool) -> int:
        fake = self._fake
        if is_small:
            return fake.weighted({0: 45, 1: 35, 2: 15, 3: 5})
        if community.is_urban:
            return fake.number(NEEDED_URBAN, 14) if is_enough else fake.number(4, NEEDED_URBAN - 1)
        return fake.number(NEEDED_RURAL, 8) if is_enough else fake.number(1, NEEDED_RURAL - 1)

    def _day_before_start(self) -> datetime.date:
        return self._fake.day(datetime.date(2008, 1, 1), self._span.day - datetime.timedelta(days=10))

    def _reach_target(self, month: datetime.date, community: DemoCommunity) -> list[Row]:
        """Found the organizations that the community lacks to meet the target."""
        missing = _needed(community) - len(self._active[community.code])
        return [self._founded_in(community, self._fake.day_in(month)) for _ in range(missing)]

    def _miss_target(self, month: datetime.date, community: DemoCommunity) -> list[Row]:
        """Dissolve organizations until the community no longer meets the target."""
        too_many = len(self._active[community.code]) - _needed(community) + 1
        return [self._dissolved_in(community, month) for _ in range(too_many)]

    def _uncounted_villages(self, month: datetime.date) -> list[Row]:
        """Found and dissolve some organizations in villages that no target counts."""
        fake, rows = self._fake, []
        for community in fake.some_of(self._small, fake.about(FOUNDED_A_MONTH * busyness(month))):
            if len(self._active[community.code]) < NEEDED_RURAL:
                rows.append(self._founded_in(community, fake.day_in(month)))
        for community in fake.some_of(self._small, fake.about(DISSOLVED_A_MONTH)):
            if self._active[community.code] and not any(row["community_code"] == community.code for row in rows):
                rows.append(self._dissolved_in(community, month))
        return rows

    def _agencies(self, month: datetime.date) -> list[Row]:
        """Return the agencies founded in the month."""
        number = self._profile.agencies_in(month)
        new = self._profile.founded.count(month)
        return [self._agency(each, self._fake.day_in(month)) for each in range(number - new, number)]

    # --- Rows ---

    def _founded_in(self, community: DemoCommunity, day: datetime.date) -> Row:
        fake = self._fake
        kinds = URBAN_KINDS if community.is_urban else RURAL_KINDS
        left = self._kinds.setdefault(community.code, fake.shuffled(kinds))
        name, category = left.pop()
        serial = next(self._serials)
        row = self._organization(f"{community.short_name}{name}", category, serial, day)
        row |= {
            "town": community.town,
            "community_name": community.name,
            "community_code": community.code,
            "member_count": fake.number(6, 80),
        }
        if fake.chance(REGISTERED_SHARE):
            # The name of a registered organization begins with its county, as the naming rules require.
            code = credit_code("52", self._county.code, serial)
            row |= _registered("52", code) | {"name": f"{self._county.name_on(day)}{row['name']}"}
        else:
            row["registration"] = "街道备案" if fake.chance(0.6) else "社区指导"
        if row["registration"] == "街道备案":
            row |= {"filed_on": day, "credit_status": "正常"}
        self._active[community.code].append(row)
        return row

    def _dissolved_in(self, community: DemoCommunity, month: datetime.date) -> Row:
        dissolved = self._active[community.code].pop()
        return dissolved | {"dissolved_on": self._fake.day_in(month), "note": "已停止活动，注销"}

    def _agency(self, number: int, day: datetime.date) -> Row:
        name, code = agency_of(self._county, number)
        row = self._organization(name, _SERVICE, next(self._serials), day)
        row |= {"is_social_work_agency": True, "member_count": self._fake.number(6, 30)}
        return row | _registered("52", code)

    def _union(self) -> Row:
        serial = next(self._serials)
        row = self._organization(f"{self._county.name}社区社会组织联合会", "其他", serial, self._day_before_start())
        row |= {"hub_kind": "联合会", "member_count": self._fake.number(20, 60)}
        return row | _registered("51", credit_code("51", self._county.code, serial))

    def _organization(self, name: str, category: str, serial: int, day: datetime.date) -> Row:
        return {
            "county": self._county.name,
            "name": name,
            "category": category,
            "established_on": day,
            "leader": self._fake.person(is_male=self._fake.chance(0.5)),
            "phone": phone(int(self._county.code[4:]) * 61 + serial),
            "is_social_work_agency": False,
        }


def _is_large_village(place: PopulatedCommunity) -> bool:
    return not place.community.is_urban and place.residents >= LARGE_VILLAGE


def _needed(community: DemoCommunity) -> int:
    return NEEDED_URBAN if community.is_urban else NEEDED_RURAL


def _registered(kind: str, code: str) -> Row:
    return {
        "registration": "登记",
        "legal_form": "社会团体" if kind == "51" else "民办非企业单位",
        "credit_code": code,
    }
