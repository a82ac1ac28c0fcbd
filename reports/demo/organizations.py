"""社会组织 in the demo: what serves from a community, what a county has beside that, and its social-work agencies."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from itertools import count
from typing import Any

from reports.demo.character import Character, character_of
from reports.demo.invention import Invention, credit_code, phone
from reports.demo.places import DemoCommunity, DemoCounty
from reports.demo.population import Inhabited

Row = dict[str, Any]
LARGE_VILLAGE = 3_000  # residents from which a village should have five organizations [四（二）2]
NEEDED_URBAN, NEEDED_RURAL = 10, 5
REGISTERED_SHARE = 0.08
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
_FIRST_AGENCY = 90_001  # serials of agencies begin where those of other organizations never come


def agency_of(county_name: str, county_code: str, number: int) -> tuple[str, str]:
    """Name and credit code of a county's agency, counted from 0; projects name it as their provider."""
    return (
        f"{county_name}{AGENCY_NAMES[number]}社会工作服务中心",
        credit_code("52", county_code, _FIRST_AGENCY + number),
    )


def organization_rows(county: DemoCounty, inhabited: list[Inhabited]) -> list[Row]:
    """The rows of the county's 社会组织 sheet, by field."""
    invention = Invention("organizations", county.code)
    character = character_of(county.code)
    serials = count(1)
    rows: list[Row] = []
    for place in inhabited:
        number = _how_many(place, character, invention)
        kinds = URBAN_KINDS if place.community.is_urban else RURAL_KINDS
        rows += [
            _of_community(county, place.community, name, category, next(serials), invention)
            for name, category in invention.some_of(kinds, number)
        ]
    rows += _of_county(county, character, serials, invention)
    return rows


def _how_many(place: Inhabited, character: Character, invention: Invention) -> int:
    if place.community.is_urban:
        meets = invention.chance(character.organizations)
        return invention.number(NEEDED_URBAN, 15) if meets else invention.number(3, NEEDED_URBAN - 1)
    if place.residents >= LARGE_VILLAGE:
        meets = invention.chance(character.rural_organizations)
        return invention.number(NEEDED_RURAL, 8) if meets else invention.number(1, NEEDED_RURAL - 1)
    return invention.weighted({0: 45, 1: 35, 2: 15, 3: 5})


def _of_community(
    county: DemoCounty, community: DemoCommunity, name: str, category: str, serial: int, invention: Invention
) -> Row:
    row = _organization(county, f"{community.short_name}{name}", category, serial, invention)
    row |= {
        "town": community.town,
        "community_name": community.name,
        "community_code": community.code,
        "member_count": invention.number(6, 80),
    }
    if invention.chance(REGISTERED_SHARE):
        # A registered organization carries its county in its name, as the register of names asks.
        code = credit_code("52", county.code, serial)
        row |= _registered("52", code) | {"name": f"{county.name}{row['name']}"}
    else:
        row["registration"] = "街道备案" if invention.chance(0.6) else "社区指导"
    if invention.chance(0.02):
        row["dissolved_on"] = invention.day(datetime.date(2018, 1, 1), datetime.date(2018, 6, 30))
    return row


def _of_county(county: DemoCounty, character: Character, serials: Iterator[int], invention: Invention) -> Iterator[Row]:
    for number in range(character.agencies):
        name, code = agency_of(county.name, county.code, number)
        row = _organization(county, name, _SERVICE, next(serials), invention)
        yield row | _registered("52", code) | {"is_social_work_agency": True, "member_count": invention.number(6, 30)}
    serial = next(serials)
    row = _organization(county, f"{county.name}社区社会组织联合会", "其他", serial, invention)
    yield (
        row
        | _registered("51", credit_code("51", county.code, serial))
        | {"hub_kind": "联合会", "member_count": invention.number(20, 60)}
    )


def _registered(kind: str, code: str) -> Row:
    return {
        "registration": "登记",
        "legal_form": "社会团体" if kind == "51" else "民办非企业单位",
        "credit_code": code,
    }


def _organization(county: DemoCounty, name: str, category: str, serial: int, invention: Invention) -> Row:
    return {
        "county": county.name,
        "name": name,
        "category": category,
        "established_on": invention.day(datetime.date(2008, 1, 1), datetime.date(2017, 12, 31)),
        "leader": invention.person(is_male=invention.chance(0.5)),
        "phone": phone(int(county.code[4:]) * 61 + serial),
        "is_social_work_agency": False,
    }
