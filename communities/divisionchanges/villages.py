"""Planning merges, splits and closings of communities (docs/domain.md §3.9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from changzhi_portal.bulk import in_batches
from changzhi_portal.names import community_key
from communities.divisionchanges.counties_and_towns import COUNTY_CODE, TOWN_CODE, DivisionPlanner
from communities.divisionchanges.plan import ChangePlan, CommunityEnding, Handover, NewCommunity, Receiver, Route
from communities.models import CommunityPlacement
from communities.models.division import CODE_LENGTHS, is_code

Part = tuple[CommunityPlacement, Route]


class VillagePlanner:
    """Planner of what happens to the communities that have a route.

    Several communities with one new code are merged into the community that has the code and keeps it; else into the
    part that has the new name; else into a new one, and every part closes. A community with several new codes goes on as
    the one that has its code or name, else it closes.
    """

    def __init__(self, plan: ChangePlan, planner: DivisionPlanner) -> None:
        self.plan = plan
        self._planner = planner
        self._routes: dict[int, list[Route]] = {}
        self._placements: dict[int, CommunityPlacement] = {}
        self._parts: dict[str, list[Part]] = defaultdict(list)
        self._holders: dict[str, CommunityPlacement] = {}
        self._goes_on_as: dict[int, str] = {}  # the code that a community goes on with, by its placement

    def leads_somewhere(self, route: Route) -> bool:
        """Return whether a route says where its community goes: always one that a person has noted."""
        return route.change is not None or self._planner.town_with_code(route.to_code[:TOWN_CODE]) is not None

    def add(self, placement: CommunityPlacement, routes: list[Route]) -> None:
        """Add an open placement with the routes that begin at it."""
        self._placements[placement.pk] = placement
        self._routes[placement.pk] = routes
        for route in routes:
            if route.to_code:
                self._parts[route.to_code].append((placement, route))

    def arrange(self, routes: Sequence[Route]) -> None:
        """Add moves, endings, new communities and handovers of records to the plan, and the problems."""
        self._holders = _open_placements([code for code in self._parts if code])
        self._check_noted(routes)
        for code, parts in self._parts.items():
            self._receive(code, parts)
        for key, placement in self._placements.items():
            self._hand_over(placement, self._routes[key])

    # --- Where a code leads ---

    def _receive(self, code: str, parts: list[Part]) -> None:
        """Decide which community has the code afterwards."""
        name = next((route.to_name for _, route in parts if route.to_name), parts[0][0].name)
        town = self._planner.town_with_code(code[:TOWN_CODE])
        if town is None:
            self._problem(parts[0][1], f"代码{code}所属的街道（乡镇）不存在，请核对")
            return
        receiver = Receiver(code, name, town)
        holder = self._holders.get(code)
        staying = holder if holder is not None and self._keeps(holder, code) else None
        goes_on = staying or self._part_that_goes_on(code, name, parts)
        if staying is not None and all(part.pk != staying.pk for part, _ in parts):
            if not self._is_called(staying, name):
                self._problem(parts[0][1], f"代码{code}现在是“{staying.name}”，不是“{name}”，请核对")
                return
            receiver.name = staying.name
        elif holder is not None and staying is None and self._is_called(holder, name):
            self._problem(parts[0][1], f"“{holder.name}”当日也要变更，不能同时承接别的社区，请直接写明最后归入哪里")
            return
        if goes_on is None:
            self.plan.new_communities.append(NewCommunity(town, code, name, receiver))
        else:
            receiver.community = goes_on.community
            self._goes_on_as[goes_on.pk] = code
            self.plan.add_move(goes_on, town, code, receiver.name, has_row=True)
            if len(parts) > 1 or goes_on.pk != parts[0][0].pk:
                self._refuse_later_placement(goes_on)
        for _, route in parts:
            if route.change is not None:
                receiver.households = _given(receiver.households, route.change.households)
                receiver.residents = _given(receiver.residents, route.change.residents)
        self.plan.receivers[code] = receiver

    def _keeps(self, holder: CommunityPlacement, code: str) -> bool:
        """Return whether the community that has a code today keeps it."""
        routes = self._routes.get(holder.pk)
        if routes is not None:
            return any(route.to_code == code for route in routes)
        successor = self._planner.successor_of_town(holder.town_id)
        return successor is None or successor.code == code[:TOWN_CODE]

    def _part_that_goes_on(self, code: str, name: str, parts: list[Part]) -> CommunityPlacement | None:
        """Return the part that becomes what the code stands for; None when it is a new community."""
        free = [part for part, _ in parts if part.pk not in self._goes_on_as and not self._keeps_own_code(part)]
        called = [part for part in free if community_key(part.name) == community_key(name)]
        if called:
            return called[0]
        return free[0] if len(parts) == 1 and free and len(self._routes[free[0].pk]) == 1 else None

    def _keeps_own_code(self, part: CommunityPlacement) -> bool:
        return any(route.to_code == part.code for route in self._routes[part.pk])

    def _is_called(self, placement: CommunityPlacement, name: str) -> bool:
        return community_key(placement.name) == community_key(name)

    # --- What happens to a community ---

    def _hand_over(self, placement: CommunityPlacement, routes: list[Route]) -> None:
        """Close a community that does not go on, and say where its records go."""
        own = self._goes_on_as.get(placement.pk)
        others = [(r, self.plan.receivers.get(r.to_code)) for r in routes if r.to_code and r.to_code != own]
        reached = [(route, receiver) for route, receiver in others if receiver is not None]
        if len(reached) < len(others):
            return  # the problem has been named
        for route, receiver in reached:
            chosen = route.change.records if route.change is not None else {}
            if chosen:
                self.plan.handovers.append(Handover(placement.community, receiver, chosen))
        if own is not None:
            return
        self._refuse_later_placement(placement)
        main = next((receiver for _, receiver in reached), None)
        self.plan.endings.append(CommunityEnding(placement, main))
        if main is not None:
            self.plan.handovers.append(Handover(placement.community, main))

    def _refuse_later_placement(self, placement: CommunityPlacement) -> None:
        if placement.valid_from >= self.plan.effective_on:
            self.plan.problems.append(
                f"“{placement.name}”在{self.plan.effective_on:%Y-%m-%d}当日或以后已有变动，"
                "区划变更应按生效日期先后应用，请核对。"
            )

    # --- What a person has noted ---

    def _check_noted(self, routes: Iterable[Route]) -> None:
        """Add problems for noted changes that do not fit the communities as they stand."""
        noted = [route for route in routes if route.change is not None]
        started = {placement.code: placement for placement in self._placements.values()}
        missing = [route.from_code for route in noted if route.from_code and route.from_code not in started]
        missing += [route.to_code for route in noted if route.to_code and route.to_code not in self._holders]
        closed = _closed_placements(missing)
        for route in noted:
            if problem := self._reason_against(route, started.get(route.from_code), closed):
                self._problem(route, problem)

    def _reason_against(
        self, route: Route, placement: CommunityPlacement | None, closed: dict[str, CommunityPlacement]
    ) -> str:
        if route.to_code and not is_code(route.to_code, "village"):
            return f"新代码“{route.to_code}”应为{CODE_LENGTHS['village']}位数字，请改正"
        if route.from_code and placement is None:
            past = closed.get(route.from_code)
            if past is None:
                return f"现有社区中没有代码{route.from_code}，请核对"
            return f"“{past.name}”已于{past.community.closed_on:%Y-%m-%d}撤销，不能再变更"
        if placement is not None and not self._is_called(placement, route.from_name):
            return f"代码{route.from_code}现在是“{placement.name}”，不是“{route.from_name}”，请核对"
        past = closed.get(route.to_code)
        if past is not None and self._is_called(past, route.to_name):
            return f"“{past.name}”已于{past.community.closed_on:%Y-%m-%d}撤销，不能承接别的社区，请另选承接的社区"
        if placement is not None and route.to_code:
            counties = self._planner.county_goes_to(route.from_code[:COUNTY_CODE])
            if route.to_code[:COUNTY_CODE] not in counties:
                return "不能归入其他县（市、区），跨县的调整请先登记街道（乡镇）或县的变更"
        return ""

    def _problem(self, route: Route, sentence: str) -> None:
        what = route.change or f"{route.from_name} → {route.to_name}"
        self.plan.problems.append(f"{what}：{sentence}。")


def _given(known: int | None, given: int | None) -> int | None:
    return known if given is None else given


def _open_placements(codes: Sequence[str]) -> dict[str, CommunityPlacement]:
    found: dict[str, CommunityPlacement] = {}
    for batch in in_batches(codes):
        current = CommunityPlacement.objects.filter(
            valid_to__isnull=True, code__in=batch, community__closed_on__isnull=True
        )
        found |= {each.code: each for each in current.select_related("community", "town__parent")}
    return found


def _closed_placements(codes: Sequence[str]) -> dict[str, CommunityPlacement]:
    """Return the last placement of the closed communities that had these codes."""
    found: dict[str, CommunityPlacement] = {}
    for batch in in_batches(codes):
        past = CommunityPlacement.objects.filter(code__in=batch, community__closed_on__isnull=False)
        found |= {each.code: each for each in past.select_related("community").order_by("valid_from")}
    return found
