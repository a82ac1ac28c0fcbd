"""The base of every page: who may open it, its title, its breadcrumbs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.views.generic.base import ContextMixin, TemplateResponseMixin, View
from django_htmx.middleware import HtmxDetails

from changzhi_portal.menu import anchor_for, group_of, items_for, url_of
from changzhi_portal.rights import Actor, has_right
from changzhi_portal.scope import ScopedModel, ScopedQuerySet


class ApiCall(NamedTuple):
    """What a call of the API has given out, for the trail: of which register, how many rows; the record that is one alone."""

    slug: str
    title: str
    rows: int
    about: Any = None


class PortalRequest(HttpRequest):
    """A request as the portal's views get it, with the attribute `htmx` of django-htmx."""

    htmx: HtmxDetails
    # The records that the page has shown one by one, for the trail (changelog.middleware); pages of single records set it.
    shown_records: list[Any]
    # A search for a personal number, for the trail: the text with the number masked, and the addresses of what was found.
    number_search: tuple[str, list[str]]
    # What a page of the API has given out, for the trail.
    api_call: ApiCall
    user: Actor  # type: ignore[assignment]  # LoginRequiredMiddleware lets nobody else through


class Crumb(NamedTuple):
    """One breadcrumb, shown above the title."""

    title: str
    url: str


class PortalPage(TemplateResponseMixin, ContextMixin, View):
    """A page for signed-in users.

    `requires` names the right that a role needs (an attribute of `user.role`, e.g. "may_upload"), or EVERYBODY. A page
    without it raises an error at start, so that no page is open by mistake.
    """

    request: PortalRequest
    requires: ClassVar[str]
    # Whether htmx asks for the page by itself, again and again: that is nobody's work and does not keep a session alive.
    is_polled: ClassVar[bool] = False
    # Whether forms of the page bring files, so that their bodies may be large (`changzhi_portal.request_limits`).
    takes_files: ClassVar[bool] = False
    # What a request for the page is counted as, a key of `settings.REQUESTS_PER_MINUTE`; "" where nothing is counted.
    counted_as: ClassVar[str] = ""
    # Whether browsers may keep the answer: it is the same for everybody, and its address changes with it.
    may_be_kept: ClassVar[bool] = False
    # The heading of the manual that explains the page; None for that of the page's entry in the menu.
    help_at: ClassVar[str | None] = None
    title: ClassVar[str] = ""

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:
        """Return the view function; raises ImproperlyConfigured for a page without `requires`."""
        if not isinstance(getattr(cls, "requires", None), str):
            raise ImproperlyConfigured(f"{cls.__name__} does not say who may open it. Set `requires`.")
        return super().as_view(**initkwargs)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Refuse roles without the right (403), before anything is read."""
        if not has_right(request.user, self.requires):
            raise PermissionDenied(f"“{self.request.user.role.label}”角色不能打开{self.get_title() or '这个页面'}。")
        return super().dispatch(request, *args, **kwargs)

    def load(self) -> None:
        """Load what the address (`self.kwargs`) names, within the user's scope; raises Http404.

        Form and action pages call this once the role may open the page; other pages call it where they need it.
        """

    def get_title(self) -> str:
        """Return the page's heading; on a detail page, the record's name."""
        return self.title

    def get_crumbs(self) -> list[Crumb]:
        """Return the breadcrumbs from the home page, without the page itself."""
        return []

    def get_help_anchor(self) -> str:
        """Return the manual's place for the page; "" for a page that needs none."""
        return anchor_for(self.request.resolver_match) if self.help_at is None else self.help_at

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add title and breadcrumbs, for `frame/base.html`."""
        crumbs = self.get_crumbs()
        if crumbs:  # the pages that the menu leads to are marked in the menu, which is enough
            crumbs = [*self._group_crumb(), *crumbs]
        return super().get_context_data(
            title=self.get_title(), crumbs=crumbs, help_anchor=self.get_help_anchor(), **kwargs
        )

    def _group_crumb(self) -> list[Crumb]:
        """Return the crumb of the menu's group that the page belongs to; none for a group with only one entry."""
        group = group_of(self.request.resolver_match)
        items = items_for(self.request.user, group) if group is not None else []
        return [Crumb(group.title, url_of(group, items))] if group is not None and len(items) > 1 else []


def check_scoped(page: type, queryset: Any) -> None:
    """Raise ImproperlyConfigured unless the queryset can be limited to a user's scope."""
    model = getattr(queryset, "model", None)
    if not (isinstance(queryset, QuerySet) and model is not None and issubclass(model, ScopedModel)):
        raise ImproperlyConfigured(f"{page.__name__} needs a `queryset` of a scoped model.")
    if not isinstance(queryset, ScopedQuerySet):
        raise ImproperlyConfigured(f"The queryset of {page.__name__} has no visible_to(): it must be a ScopedQuerySet.")


def parse_number(text: str) -> int:
    """Return a number from a form, such as a key or a position; 0, which no row has, for any other text."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
