"""The page of the search in the header."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from changzhi_portal.pages.base import PortalPage, PortalRequest
from changzhi_portal.pages.paging import ForgivingPaginator
from changzhi_portal.refusals import InvalidError
from changzhi_portal.search import SearchText, find_everywhere, refuse_long, search_sources

# More characters than `SearchText.check` lets pass.
LONGEST_IN_ADDRESS = 200
HITS_PER_PAGE = 50  # of the page with all that is found of one kind


class SearchPage(PortalPage):
    """What the user may see of what the words match, by kind; with `?kind=divisions` all that is found of one kind.

    The form is posted. The answer to ordinary words has an address, which can be shared and found again; that to an ID
    number or a phone has none, because addresses are kept by browsers, proxies and logs.
    """

    help_at = "搜索"
    requires = "may_see_work_items"  # the widest right of those who find anything; each kind asks for its own
    title = "搜索"
    counted_as = "searches"
    template_name = "frame/search.html"

    def post(self, request: PortalRequest) -> HttpResponse:
        """Redirect to the answer's address, or answer at once a text with a personal number in it.

        Raises InvalidError for a text that is far too long to be looked at.
        """
        typed = request.POST.get("q", "")
        refuse_long(typed)
        text = SearchText.read(typed)
        if text.is_personal:
            return self._answer(text, shown="")
        asked = " ".join(typed.split())
        address = reverse("search")
        # A long text would make an address that servers refuse; it is answered with what is wrong with it.
        if len(asked) > LONGEST_IN_ADDRESS:
            return self._answer(text, shown="")
        return HttpResponseRedirect(f"{address}?{urlencode({'q': asked})}" if asked else address)

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show what the words in the address match; raises InvalidError for a personal number in an address."""
        typed = request.GET.get("q", "")
        text = SearchText.read(typed)
        if text.is_personal:
            raise InvalidError(
                "身份证号、电话不能写在网址里，请在页面上方的搜索框里输入。",
                cure="A personal number stands in the address of a search. It is searched for by the form.",
            )
        return self._answer(text, shown=typed)

    def _answer(self, text: SearchText, *, shown: str) -> HttpResponse:
        """Return the page with what was found, or with what is wrong with the text (422); `shown` stays in the field."""
        problem, groups, page = "", [], None
        kind = self.request.GET.get("kind", "")
        source = next((each for each in search_sources() if each.name == kind), None)
        try:
            if source is not None:
                text.check()
                page = ForgivingPaginator(source.found(text, self.request.user), HITS_PER_PAGE).page(
                    self.request.GET.get("page", 1)
                )
            elif text.words:
                groups = find_everywhere(text, self.request.user)
        except InvalidError as error:
            problem = str(error)
        hits = [source.hit(row) for row in page] if source and page else []
        if text.is_personal:
            shown_hits = [*hits, *(hit for group in groups for hit in group.hits)]
            self.request.number_search = text.masked, [hit.url for hit in shown_hits]
        context = self.get_context_data(
            asked=text.masked,
            shown=shown,
            groups=groups,
            problem=problem,
            is_personal=text.is_personal,
            source=source,
            page=page,
            hits=hits,
        )
        return self.render_to_response(context, status=422 if problem else 200)
