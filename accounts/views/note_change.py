"""The page that notes a change: search and tick divisions or communities, then say what becomes of them and from when."""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import Any, cast

from django.db.models import Q
from django.urls import reverse

from accounts.actions import note_changes
from accounts.change_forms import Chosen, Kind, Level, NoteChangeForm, kinds_for
from accounts.models import User
from changzhi_portal.pages import Crumb, FormPage
from changzhi_portal.search import SearchText
from communities.models import Community, Division
from communities.search import Communities, Divisions

MOST_FOUND = 30  # what a search lists; more ask for a longer word
MOST_CHOSEN = 40
# How many must be chosen before the form can be filled in.
FEWEST = {Kind.MERGE: 2, Kind.FOUND: 0}


class NoteChange(FormPage):
    """Noting a merger, split, renaming, recoding, closing or founding. The address holds what has been chosen."""

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
        codes = list(dict.fromkeys(asked.getlist("pick")))[:MOST_CHOSEN]
        found = {each.code: each for each in self._standing(code__in=codes)}
        self.chosen = [found[code] for code in codes if code in found]

    def _standing(self, **condition: Any) -> list[Chosen]:
        if self.level == Level.VILLAGE:
            rows = Community.objects.current().visible_to(self.request.user).filter(**condition).with_place()
            return [Chosen(c.code, c.name, c.town.full_name) for c in rows.order_by("code")]
        divisions = Division.objects.current().visible_to(self.request.user).filter(level=self.level, **condition)
        return [
            Chosen(d.code, d.name, d.parent.name if d.parent and self.level == Level.TOWN else "")
            for d in divisions.select_related("parent").order_by("code")
        ]

    def _results(self) -> list[Chosen]:
        """Return what the search text finds and is not chosen yet; one more than is listed, to say that there is more."""
        if not self.q:
            return []
        source = Communities() if self.level == Level.VILLAGE else Divisions()
        text = SearchText.without_numbers(self.q)
        inside = [source.place(word) for word in text.words]  # 下良镇 alone lists what lies there
        rows = source.rows().filter(source.matching(text) | reduce(and_, inside, Q())).values("pk") if inside else ()
        taken = {each.code for each in self.chosen}
        return [each for each in self._standing(pk__in=rows) if each.code not in taken][: MOST_FOUND + 1]

    def get_form(self, form_class: Any = None) -> Any:
        """Return the form of the kind of change."""
        return NoteChangeForm(**self.get_form_kwargs(), kind=self.kind, level=self.level, chosen=self.chosen)

    @property
    def is_ready(self) -> bool:
        """Return whether enough has been chosen."""
        fewest, most = FEWEST.get(Kind(self.kind), 1), MOST_CHOSEN if self.kind in {Kind.MERGE, Kind.CLOSE} else 1
        return fewest <= len(self.chosen) <= most

    def form_valid(self, form: Any) -> Any:
        """Refuse a form without enough chosen."""
        if self.is_ready:
            return super().form_valid(form)
        form.add_error(None, self.wanted)
        return self.form_invalid(form)

    @property
    def wanted(self) -> str:
        """Return the sentence on what must be chosen."""
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
        return f"已登记{len(noted)}项变更，还没有应用；请核对下面的影响。"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what is chosen and found."""
        results = self._results()
        around = {
            "chosen": self.chosen,
            "results": results[:MOST_FOUND],
            "has_more": len(results) > MOST_FOUND,
            "levels": [(v, label) for v, label in Level.choices if v != Level.CITY][::-1],
        }
        return super().get_context_data(**around | kwargs)

    def get_crumbs(self) -> list[Crumb]:
        """Add the page of changes."""
        return [Crumb("区划变更", reverse("accounts:division_changes"))]

    def get_success_url(self) -> str:
        """Return the page that shows what the changes would do."""
        return reverse("accounts:division_changes")
