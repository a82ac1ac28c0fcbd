"""What every page has: who may open it, its title, the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.views.generic.base import ContextMixin, View
from django_htmx.middleware import HtmxDetails

from changzhi_portal.rights import has_right
from changzhi_portal.scope import ScopedModel, ScopedQuerySet


class PortalRequest(HttpRequest):
    """A request as our views get it: django-htmx has said whether only a part of the page is asked for."""

    htmx: HtmxDetails


class Crumb(NamedTuple):
    """One step of the way back, shown above the title."""

    title: str
    url: str


class PortalPage(ContextMixin, View):
    """A page for people who are signed in.

    `requires` names the right of the role that opens it (an attribute of `user.role`, e.g. "may_upload"), or EVERYBODY.
    A page that does not say refuses to start, so that none is open by forgetting.
    """

    requires: ClassVar[str]
    title: ClassVar[str] = ""

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:
        """Return the view function; raises ImproperlyConfigured for a page that does not say who may open it."""
        if not isinstance(getattr(cls, "requires", None), str):
            raise ImproperlyConfigured(f"{cls.__name__} must say who may open it: set `requires`.")
        return super().as_view(**initkwargs)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Refuse roles without the right (403), before anything is read."""
        if not has_right(request.user, self.requires):
            raise PermissionDenied(f"“{request.user.role.label}”角色不能打开{self.get_title() or '这个页面'}。")
        return super().dispatch(request, *args, **kwargs)

    def load(self) -> None:
        """Find what the address (`self.kwargs`) names, as far as the user may see it; raises Http404.

        Called once the role may open the page: by form and action pages themselves, by others where they need it.
        """

    def get_title(self) -> str:
        """Return the page's heading; of a detail page, the record's name."""
        return self.title

    def get_crumbs(self) -> list[Crumb]:
        """Return the way back to the home page, without the page itself."""
        return []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Title and breadcrumb, for `frame/base.html`."""
        return super().get_context_data(title=self.get_title(), crumbs=self.get_crumbs(), **kwargs)


def check_scoped(page: type, queryset: Any) -> None:
    """Raise ImproperlyConfigured unless the queryset can be cut to what a user may see."""
    model = getattr(queryset, "model", None)
    if not (isinstance(queryset, QuerySet) and model is not None and issubclass(model, ScopedModel)):
        raise ImproperlyConfigured(f"{page.__name__} needs a `queryset` of a scoped model.")
    if not isinstance(queryset, ScopedQuerySet):
        raise ImproperlyConfigured(f"The queryset of {page.__name__} has no visible_to(): it must be a ScopedQuerySet.")


def number_in(text: str) -> int:
    """Return a number that a form sends, such as a key or a position; 0, which no row has, for anything that is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
