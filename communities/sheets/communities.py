"""社区: kind, households, residents and bodies of self-government of communities that the division list knows."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from django.db.models import QuerySet

from changzhi_portal.bulk import in_batches
from changzhi_portal.display import display_number
from changzhi_portal.records import not_ended
from changzhi_portal.registers.columns import BooleanColumn, ChoiceColumn, Column, DateColumn, IntegerColumn, TextColumn
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.entries import read_entries
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.registers.writes import Write
from communities.models import Community, CommunityProfile, GovernanceBody
from communities.places import Place, PlaceIndex
from communities.sheets.locked_months import report_locked
from communities.sheets.outliers import has_jumped
from communities.sheets.place_columns import PLACE_FIELDS, REF, place_columns, place_values
from communities.sheets.placing import PlacedSheet
from communities.thresholds import FEWEST_RESIDENTS, MOST_HOUSEHOLDS, MOST_RESIDENTS, OUTLIER_FACTOR

Body = GovernanceBody.Kind


def _whether(kind: Body, field: str, *names: str) -> BooleanColumn:
    """Return the column that says whether a community has a body of this kind."""
    return BooleanColumn(GovernanceBody, "exists", *names, field=field, where={"kind": kind})


def _how_many(kind: Body, field: str, *names: str) -> IntegerColumn:
    """Return the column that says how many a community has of a kind that is counted."""
    return IntegerColumn(GovernanceBody, "number", *names, field=field, where={"kind": kind}, maximum=10_000)


class CommunitySheet(PlacedSheet):
    """Updates communities; it never makes one (new ones come with a change of divisions)."""

    name = "communities"
    title = "社区"
    position = 1
    model = Community
    writes_to = (Community, CommunityProfile, GovernanceBody)
    identifying = (("community_code",), ("community_name",), ("ref",))
    has_dated_figures = True
    list_page = "communities:community_list"
    names_of = ("town", "town__parent")
    may_be_added = False
    asked_fields = (
        *("kind", "households", "residents", "as_of"),
        *("has_party", "has_committee", "has_supervision", "has_mass", "has_economic", "groups", "representatives"),
    )
    not_in_forms = frozenset({"ref", *PLACE_FIELDS})  # names, codes and towns change with the divisions
    fields_of_new_part = ("households", "residents", "as_of")
    given_together = (fields_of_new_part,)
    new_part_label = "新的户数和人口"
    fields_in_bulk = ("kind", "has_party", "has_committee", "has_supervision", "has_mass", "has_economic", "note")
    columns: ClassVar[tuple[Column, ...]] = (
        REF,
        *place_columns(county_required=False),
        ChoiceColumn(
            Community,
            "kind",
            "类型",
            "社区类型",
            "城乡类型",
            short_forms={"城市": Community.Kind.URBAN, "农村": Community.Kind.RURAL},
        ),
        IntegerColumn(
            CommunityProfile,
            "households",
            "户数",
            "总户数",
            "户籍户数",
            "户数（户）",
            maximum=1_000_000,
            units=("户", "家"),
        ),
        IntegerColumn(
            CommunityProfile,
            "residents",
            "常住人口",
            "常住人口（人）",
            "常住人口数",
            "人口数",
            "人口",
            maximum=10_000_000,
            units=("人", "口人", "口", "名", "位"),
        ),
        DateColumn(CommunityProfile, "as_of", "数据日期", "统计日期", "数据时间", "统计时间"),
        _whether(Body.PARTY, "has_party", "社区党组织", "党组织", "是否建立党组织"),
        _whether(Body.COMMITTEE, "has_committee", "居（村）民委员会", "居（村）委会", "居民委员会", "村（居）民委员会"),
        _whether(Body.SUPERVISION, "has_supervision", "居（村）务监督委员会", "监督委员会", "村（居）务监督委员会"),
        _whether(Body.MASS, "has_mass", "群团组织", "是否建立群团组织"),
        _whether(Body.ECONOMIC, "has_economic", "集体经济组织", "是否建立集体经济组织"),
        _how_many(
            Body.GROUPS,
            "groups",
            "居（村）民小组数",
            "居民（村民）小组数",
            "小组数",
            "居民小组数",
            "村民小组数",
            "村（居）民小组数",
        ),
        _how_many(
            Body.REPRESENTATIVES,
            "representatives",
            "居（村）民代表数",
            "居民（村民）代表数",
            "代表数",
            "居民代表数",
            "村民代表数",
            "村（居）民代表数",
        ),
        TextColumn(Community, "note", "备注", "说明"),
    )

    def check(self, rows: Sequence[RegisterRow], context: CheckContext) -> None:
        """See RegisterSheet.check. A row without a record of its own is `unknown_place`, so none is ever new."""
        self._keys = self._keys_by_ref(rows, context)
        self._check_refs(rows, self.place_rows(rows, context))
        for row in rows:
            row.label = row.get("community_name") or row.get("community_code", "")
            # A month is reported before it is over: its last day, which templates prefill, is no slip of the year.
            self.reject_future_dates(row, max(context.today, context.day))
        self.reject_duplicates(
            rows, lambda row: row.place.community.id if row.place else None, "community_code", "community_name"
        )
        placed = [row for row in rows if row.place is not None]
        ids = [row.place.community.id for row in placed]
        communities = self._communities(ids, context)
        profiles = self._profiles(ids, context)
        bodies = self._bodies(ids, context)
        for row in context.passing(placed, half=1):
            community = communities[row.place.community.id]
            row.target, row.label = community, community.name
            past = profiles[community.pk]
            self._check_profile(row, past, context)
            if not row.has_error:
                self._propose(row, community, past, bodies[community.pk], context)

    @staticmethod
    def _keys_by_ref(rows: Sequence[RegisterRow], context: CheckContext) -> dict[str, int]:
        wanted = list({row.get("ref") for row in rows if row.get("ref")})
        found: dict[str, int] = {}
        for batch in in_batches(wanted):
            inside = Community.objects.filter(Community.in_subtree(context.scope_path), ref__in=batch)
            found |= dict(inside.values_list("ref", "pk"))
        if found:
            standing = Community.objects.standing_for_closed()
            found = {ref: standing.get(key, key) for ref, key in found.items()}
        return found

    def place_by_ref(self, row: RegisterRow, index: PlaceIndex) -> Place | None:
        """See PlacedSheet.place_by_ref."""
        return index.place_at(self._keys.get(row.get("ref", "")), None)

    def _check_refs(self, rows: Sequence[RegisterRow], index: PlaceIndex) -> None:
        """Report 记录编号 and place that mean two communities: part of the sheet was sorted or copied without the rest."""
        for row in rows:
            ref = row.get("ref")
            if ref and ref not in self._keys:
                row.report("conflicting_key", "没有这个记录编号，请照模板填写或留空", "ref")
            elif ref and row.place is not None and row.place.community.id != self._keys[ref]:
                numbered = index.communities.get(self._keys[ref])
                whose = f"编号是“{numbered.name}”的，社区是“{row.place.community.name}”，" if numbered else ""
                row.report("conflicting_key", f"记录编号与社区对不上，{whose}请核对是否只排序或粘贴了一部分列", "ref")

    def _communities(self, ids: list[int], context: CheckContext) -> dict[int, Community]:
        found: dict[int, Community] = {}
        for batch in in_batches(ids):
            found |= {c.pk: c for c in context.lock(Community.objects.filter(pk__in=batch))}
        return found

    def _profiles(self, ids: list[int], context: CheckContext) -> dict[int, list[CommunityProfile]]:
        """Return each community's profiles, newest first."""
        found: dict[int, list[CommunityProfile]] = defaultdict(list)
        for batch in in_batches(ids):
            for profile in context.lock(CommunityProfile.objects.filter(community__in=batch).order_by("-as_of")):
                found[profile.community_id].append(profile)
        return found

    def _bodies(self, ids: list[int], context: CheckContext) -> dict[int, dict[str, GovernanceBody]]:
        found: dict[int, dict[str, GovernanceBody]] = defaultdict(dict)
        for batch in in_batches(ids):
            for body in context.lock(GovernanceBody.objects.filter(community__in=batch)):
                found[body.community_id][body.kind] = body
        return found

    @staticmethod
    def _day_of(row: RegisterRow, context: CheckContext) -> datetime.date:
        """Return the day of the row's figures: a blank 数据日期 means the last day of the batch's month (docs/domain.md §4.4)."""
        day: datetime.date = row.get("as_of", context.day)
        return day

    def _figures(self, row: RegisterRow, past: list[CommunityProfile], day: datetime.date) -> dict[str, Any]:
        """Return households and residents, as far as the row says something new.

        A row of our own template (it has a 记录编号) has the new month's date beside the newest figures until somebody
        changes them; left as they were, they are no count of that day.
        """
        figures = self.given(row, CommunityProfile)
        figures.pop("as_of", None)  # the day of the figures is that of `_day_of`
        newest = next((profile for profile in past if profile.as_of <= day), None)
        if row.get("ref") and newest is not None and not row.corrects:
            is_repeated = all(getattr(newest, name) == value for name, value in figures.items())
            return {} if is_repeated else figures
        return figures

    @staticmethod
    def _profile_meant(row: RegisterRow, past: list[CommunityProfile], day: datetime.date) -> CommunityProfile | None:
        """Return the profile that the row's figures belong to: that of the day, or of a correction the newest."""
        if row.corrects:
            return past[0] if past else None
        return next((profile for profile in past if profile.as_of == day), None)

    def _check_profile(self, row: RegisterRow, past: list[CommunityProfile], context: CheckContext) -> None:
        day = self._day_of(row, context)
        values = self._figures(row, past, day)
        if not values:
            return
        known = self._profile_meant(row, past, day)
        alters = known is None or any(getattr(known, name) != value for name, value in values.items())
        days = {day} if known is None else {day, known.as_of}
        for altered in sorted(days) if alters or len(days) > 1 else ():
            if altered.replace(day=1) in context.locked_months:
                report_locked(row, altered, context, "as_of")
                break
        residents, households = values.get("residents"), values.get("households")
        before = next((p.residents for p in past if p.as_of < day and p.residents is not None), None)
        limits = context.thresholds
        is_plausible = residents is None or limits[FEWEST_RESIDENTS] <= residents <= limits[MOST_RESIDENTS]
        if not is_plausible or (residents is not None and has_jumped(residents, before, limits[OUTLIER_FACTOR])):
            described = f"上次是{display_number(before)}人，" if before else ""
            row.report(
                "outlier", f"{described}这次是{display_number(residents)}人，变化过大或不合常理，请核实", "residents"
            )
        if households is not None and households > limits[MOST_HOUSEHOLDS]:
            row.report("outlier", f"这次是{display_number(households)}户，不合常理，请核实", "households")

    def _propose(
        self,
        row: RegisterRow,
        community: Community,
        past: list[CommunityProfile],
        bodies: dict[str, GovernanceBody],
        context: CheckContext,
    ) -> None:
        town_id = community.town_id
        writes = [self.propose(row, community, self.given(row, Community), division_id=town_id, is_new=False)]
        day = self._day_of(row, context)
        figures = self._figures(row, past, day)
        if figures:
            writes.append(self._propose_figures(row, community, past, figures, day))
        for column in self.columns_of(GovernanceBody):
            if column.field in row.values:
                body = bodies.get(column.where["kind"])
                values = {column.attribute: row.get(column.field)}
                if body is None and values[column.attribute] is None:
                    continue  # 清空 where nothing is
                new_or_known = body or GovernanceBody(community=community, **column.where)
                writes.append(self.propose(row, new_or_known, values, division_id=town_id, is_new=body is None))
        row.writes = [write for write in writes if write is not None]

    def _propose_figures(
        self,
        row: RegisterRow,
        community: Community,
        past: list[CommunityProfile],
        figures: dict[str, Any],
        day: datetime.date,
    ) -> Write | None:
        """Propose the figures of a day: a profile of its own, or other figures of the one that is there.

        The columns do not tell of which day the figures are, nor that a new profile has only what the row gives.
        """
        profile = self._profile_meant(row, past, day)
        is_new = profile is None
        if profile is not None and profile.as_of != day:
            figures = figures | {"as_of": day}
        write = self.propose(
            row,
            profile or CommunityProfile(community=community, as_of=day),
            figures,
            division_id=community.town_id,
            is_new=is_new,
        )
        if write is None:
            return None
        named = "、".join(c.header for c in self.columns_of(CommunityProfile) if c.attribute in write.after)
        if not is_new:
            if not row.corrects:  # a form has shown the figures that it corrects
                row.say(f"改写已登记的{day}的{named}")
            return write
        earlier = next((p for p in past if p.as_of < day), None)
        later = past[0] if past and past[0].as_of > day else None
        if earlier is not None:
            write.follows = {c.attribute: getattr(earlier, c.attribute) for c in self._figure_columns}
        kept = "、".join(f"{p.as_of}" for p in (earlier, later) if p is not None)
        row.say(f"新增{day}的{named}，登记过的{kept}的数字保留" if kept else f"新增{day}的{named}，以前没有登记过")
        return write

    @cached_property
    def _figure_columns(self) -> list[Column]:
        return [column for column in self.columns_of(CommunityProfile) if column.attribute != "as_of"]

    def months_written(self, records: Mapping[str, Sequence[int]]) -> set[datetime.date]:
        """See RegisterSheet.months_written. Only profiles have dated figures."""
        months: set[datetime.date] = set()
        for batch in in_batches(records.get(CommunityProfile._meta.label_lower, ())):
            days = CommunityProfile.objects.filter(pk__in=batch).order_by().values_list("as_of", flat=True).distinct()
            months |= {day.replace(day=1) for day in days}
        return months

    def prefilled(self, record: dict[str, Any], day: datetime.date) -> dict[str, Any]:
        """See RegisterSheet.prefilled. 数据日期 is the month's last day, so that last month's count is not overwritten."""
        as_of = record.get("as_of")
        return record if as_of is not None and as_of >= day else record | {"as_of": day}

    def standing(self, scope_path: str, day: datetime.date) -> QuerySet[Community]:
        """See RegisterSheet.standing. Without 虚拟 ones, which no office reports."""
        inside = Community.objects.filter(Community.in_subtree(scope_path), not_ended(day, "closed_on"))
        return inside.filter(is_virtual=False).with_place().order_by("code", "pk")

    def whereabouts(self, record: Community) -> str:
        """See RegisterSheet.whereabouts."""
        return record.town.name

    def writable(self, scope_path: str) -> QuerySet[Community]:
        """See RegisterSheet.writable."""
        return Community.objects.current().filter(Community.in_subtree(scope_path)).order_by("code")

    def entries(self, records: QuerySet, scope_path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """See RegisterSheet.entries. Each community with its newest profile."""
        keys = records.order_by().values("pk")
        newest: dict[int, CommunityProfile] = {}
        for profile in CommunityProfile.objects.filter(community__in=keys).order_by("as_of"):
            newest[profile.community_id] = profile
        bodies: dict[int, list[GovernanceBody]] = defaultdict(list)
        for each in GovernanceBody.objects.filter(community__in=keys):
            bodies[each.community_id].append(each)
        own = {"": self.columns_of(Community)}
        town = ("town", "town__level", "town__name", "town__parent__name", "name", "code")
        for key, entry, place in read_entries(records, own, *town):
            entry |= place_values(*place) | self.values_of(newest.get(key))
            for body in bodies[key]:
                entry |= self.values_of(body)
            yield key, entry
