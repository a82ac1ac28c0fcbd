"""The page that notes a change: search and tick divisions or communities, then say what becomes of them and from when."""

from __future__ import annotations

import re
from functools import cached_property, reduce
from itertools import groupby
from operator import and_
from typing import Any, cast

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.actions import note_changes
from accounts.change_forms import Chosen, Kind, Level, NoteChangeForm, kinds_for
from accounts.models import User
from changzhi_portal.pages import Crumb, FormPage
from changzhi_portal.search import SearchText
from communities.models import Community, Division
from communities.search import Communities, Divisions

MOST_FOUND = 30  # what a search lists; more ask for a longer word
MOST_IN_ONE_PLACE = 200  # communities of a chosen town, towns of a chosen county
MOST_NAMES = 10  # of one search
MOST_CHOSEN = 40
# Rows read of one search or place: more than are listed and could have been chosen already.
MOST_READ = MOST_IN_ONE_PLACE + MOST_CHOSEN + 1
_BETWEEN_NAMES = re.compile(r"[、，,;；]+")
# How many must be chosen before the form can be filled in.
FEWEST = {Kind.MERGE: 2, Kind.FOUND: 0}


class NoteChange(FormPage):
    """Noting a merger, split, renaming, recoding, closing or founding. The address holds what has been chosen.

    Several are ticked at once among those of a chosen town or county, or searched for by their names with 、 between them;
    names of which each means only one are chosen by that.
    """

    requires = "may_change_divisions"
    title = "登记变更"
    template_name = "accounts/division_change_new.html"
    submit_label = "登记，去看影响"

    def load(self) -> None:
        """Read level, kind, search text and what is ticked from the address; what does not exist is left out."""
        asked = self.request.GET
        level, kind = asked.get("level", ""), asked.get("kind", "")
        self.level: str = level if level in {"village", "town", "county"} else Level.VILLAGE.value
        self.kinds = kinds_for(self.level)
        self.kind: str = kind if kind in dict(self.kinds) else Kind.MERGE.value
        self.q = asked.get("q", "").strip()
        self.within = next((place for place in self._places if place.code == asked.get("within")), None)
        codes = list(dict.fromkeys(asked.getlist("pick")))
        self.has_too_many = len(codes) > MOST_CHOSEN
        found = {each.code: each for each in self._standing(code__in=codes[:MOST_CHOSEN])}
        self.chosen = [found[code] for code in codes if code in found]
        # Of several names: those beyond MOST_NAMES, and those that nothing is called.
        self.not_searched: list[str] = []
        self.not_found: list[str] = []
        self.results = self._results()

    @cached_property
    def _places(self) -> list[Division]:
        """Return the towns whose communities, or the counties whose towns, can be listed as a whole."""
        above = {Level.VILLAGE: Division.Level.TOWN, Level.TOWN: Division.Level.COUNTY}.get(Level(self.level))
        standing = Division.objects.current().visible_to(self.request.user).filter(level=above)
        return list(standing.select_related("parent").order_by("code")) if above else []

    @property
    def places(self) -> list[tuple[str, list[Division]]]:
        """Return those places by what lies above them."""
        grouped = groupby(self._places, key=lambda place: place.parent.name if place.parent else "")
        return [(above, list(places)) for above, places in grouped]

    def _standing(self, **condition: Any) -> list[Chosen]:
        if self.level == Level.VILLAGE:
            rows = Community.objects.current().visible_to(self.request.user).filter(**condition).with_place()
            return [Chosen(c.code, c.name, c.town.full_name) for c in rows.order_by("code")[:MOST_READ]]
        divisions = Division.objects.current().visible_to(self.request.user).filter(level=self.level, **condition)
        return [
            Chosen(d.code, d.name, d.parent.name if d.parent and self.level == Level.TOWN else "")
            for d in divisions.select_related("parent").order_by("code")[:MOST_READ]
        ]

    def _results(self) -> list[Chosen]:
        """Return what is found and not chosen yet; one more than is listed, to say that there is more.

        Of several names, each of which finds one alone, nothing is left to tick: they are chosen.
        """
        if not self.q:
            return self._not_chosen(self._standing(**self._inside())) if self.within else []
        names = [name for name in _BETWEEN_NAMES.split(self.q) if name.strip()]
        self.not_searched = names[MOST_NAMES:]
        names = names[:MOST_NAMES]
        found = [self._named(name) for name in names]
        if len(names) > 1:
            self.not_found = [name for name, rows in zip(names, found, strict=True) if not rows]
        if len(found) > 1 and all(len(each) == 1 for each in found):
            chosen = list(dict.fromkeys([*self.chosen, *(each for (each,) in found)]))
            self.has_too_many = self.has_too_many or len(chosen) > MOST_CHOSEN
            self.chosen = chosen[:MOST_CHOSEN]
            self.q = ""  # otherwise one that is unticked would be chosen again
        return self._not_chosen(list(dict.fromkeys(each for of_name in found for each in of_name)))

    def _named(self, name: str) -> list[Chosen]:
        source = Communities() if self.level == Level.VILLAGE else Divisions()
        text = SearchText.without_numbers(name)
        inside = [source.place(word) for word in text.words]  # 下良镇 alone lists what lies there
        if not inside:
            return []
        rows = source.rows().filter(source.matching(text) | reduce(and_, inside, Q())).values("pk")
        return self._standing(pk__in=rows, **self._inside())

    def _inside(self) -> dict[str, Any]:
        """Return the condition that a row lies in the chosen place; {} without one."""
        lookup = "town" if self.level == Level.VILLAGE else "parent"
        return {lookup: self.within} if self.within is not None else {}

    def _not_chosen(self, found: list[Chosen]) -> list[Chosen]:
        taken = {each.code for each in self.chosen}
        return [each for each in found if each.code not in taken][: self.most_found + 1]

    @property
    def most_found(self) -> int:
        """Return how many are listed: of a chosen place all."""
        return MOST_IN_ONE_PLACE if self.within is not None else MOST_FOUND

    def get_form(self, form_class: Any = None) -> Any:
        """Return the form of the kind of change."""
        return NoteChangeForm(**self.get_form_kwargs(), kind=self.kind, level=self.level, chosen=self.chosen)

    @property
    def is_ready(self) -> bool:
        """Return whether enough has been chosen."""
        most = {Kind.MERGE: MOST_CHOSEN, Kind.CLOSE: MOST_CHOSEN, Kind.FOUND: 0}.get(Kind(self.kind), 1)
        fewest = FEWEST.get(Kind(self.kind), 1)
        return not self.has_too_many and fewest <= len(self.chosen) <= most

    def form_valid(self, form: Any) -> Any:
        """Refuse a form without enough chosen."""
        if self.is_ready:
            return super().form_valid(form)
        form.add_error(None, self.wanted)
        return self.form_invalid(form)

    @property
    def wanted(self) -> str:
        """Return the sentence on what must be chosen."""
        if self.has_too_many:
            return f"一次最多选{MOST_CHOSEN}个，多出的没有选上，请分几次登记，或者上传对照表。"
        match self.kind:
            case Kind.MERGE:
                return "请至少选两个：要合并的，和并入的那一个。"
            case Kind.FOUND:
                return "设立不用选，请去掉已选的。"
            case Kind.CLOSE:
                return "请选要撤销的社区（村）。"
        return "请选一个，只能选一个。"

    def act(self, form: NoteChangeForm) -> str:
        """Note the changes."""
        noted = note_changes(changes=form.changes(), by=cast(User, self.request.user))
        day = noted[0].effective_on
        if day > timezone.localdate():
            return f"已登记{len(noted)}项变更，列在“尚未到生效日期”里；到{day:%Y-%m-%d}才显示影响，才能应用。"
        return f"已登记{len(noted)}项变更，还没有应用；请核对下面的影响。"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what is chosen and found."""
        around = {
            "chosen": self.chosen,
            "results": self.results[: self.most_found],
            "has_more": len(self.results) > self.most_found,
            "levels": [(v, label) for v, label in Level.choices if v != Level.CITY][::-1],
        }
        return super().get_context_data(**around | kwargs)

    def get_crumbs(self) -> list[Crumb]:
        """Add the page of changes."""
        return [Crumb("区划变更", reverse("accounts:division_changes"))]

    def get_success_url(self) -> str:
        """Return the page that shows what the changes would do."""
        return reverse("accounts:division_changes")
