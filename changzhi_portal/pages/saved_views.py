"""Pages that save a list as it is under a name, and that rename, share or delete such a view."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import parse_qsl

from django import forms
from django.db import IntegrityError, transaction
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, resolve, reverse

from changzhi_portal.models import SavedView
from changzhi_portal.pages.base import Crumb
from changzhi_portal.pages.forms import ActionPage, FormPage
from changzhi_portal.pages.lists import ListPage
from changzhi_portal.refusals import InvalidError
from changzhi_portal.rights import EVERYBODY, Actor, has_right
from changzhi_portal.search import SearchText
from changzhi_portal.violations import violation_in_words

_NO_NUMBERS = "身份证号、电话不能存进视图，请去掉后再保存。"


class SavedViewForm(forms.ModelForm):
    """Form with name, sharing and whether the list opens with the view."""

    class Meta:
        model = SavedView
        fields = ("name", "is_shared", "is_default")
        labels: ClassVar[dict[str, str]] = {
            "name": "视图名称",
            "is_shared": "共享给本级和下级的同事",
            "is_default": "打开这张表时先用这个视图",
        }
        error_messages: ClassVar[dict[str, dict[str, str]]] = {
            "name": {"required": "请给视图取个名称。", "max_length": "视图名称最多%(limit_value)d个字。"}
        }

    def clean_name(self) -> str:
        """Refuse a name with a personal number in it, and one that the user has given already."""
        name = " ".join(self.cleaned_data["name"].split())
        if SearchText.read(name).is_personal:
            raise forms.ValidationError(_NO_NUMBERS, code="personal")
        saved = SavedView.objects.filter(saved_by=self.instance.saved_by_id, list_name=self.instance.list_name)
        if saved.filter(name=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("您在这张表里已有同名的视图，请换一个名称。", code="unique")
        return name

    def clean(self) -> dict[str, Any] | None:
        """Refuse a list that was searched for a personal number, or whose address is too long to keep."""
        cleaned = super().clean()
        if any(SearchText.read(value).is_personal for _, value in parse_qsl(self.instance.query)):
            raise forms.ValidationError(_NO_NUMBERS, code="personal")
        if len(self.instance.query) > SavedView._meta.get_field("query").max_length:  # type: ignore[operator]
            raise forms.ValidationError("条件太多，存不下，请减少一些再保存。", code="too_long")
        return cleaned


@transaction.atomic
def _save(view: SavedView) -> None:
    """Save a view; a default view takes the place of the one before. Raises InvalidError for a name given meanwhile."""
    if view.is_default:
        before = SavedView.objects.filter(saved_by=view.saved_by_id, list_name=view.list_name, is_default=True)
        before.exclude(pk=view.pk).update(is_default=False)
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise InvalidError(
            violation_in_words(error, [SavedView]), cure="Choose another name for the saved view.", field="name"
        ) from error


def _list_page(name: str, user: Actor) -> type[ListPage]:
    """Return the list page with this name that the user may open; raises Http404."""
    try:
        page = getattr(resolve(reverse(name)).func, "view_class", None)
    except NoReverseMatch as error:
        raise Http404(name) from error
    if not (isinstance(page, type) and issubclass(page, ListPage) and has_right(user, page.requires)):
        raise Http404(name)
    return page


class _ViewForm(FormPage):
    """Base of the forms of one view."""

    help_at = "保存视图"
    requires = EVERYBODY
    template_name = "frame/saved_view.html"
    form_class = SavedViewForm
    view_saved: SavedView
    page: type[ListPage]

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the view."""
        return {**super().get_form_kwargs(), "instance": self.view_saved}

    def act(self, form: SavedViewForm) -> str:
        """Save the view."""
        _save(form.save(commit=False))
        return f"视图“{self.view_saved.name}”已保存。"

    def get_success_url(self) -> str:
        """Return the list as the view shows it."""
        return self.view_saved.address

    def get_crumbs(self) -> list[Crumb]:
        """Return the breadcrumb to the list."""
        return [Crumb(self.page.title, reverse(self.view_saved.list_name))] if hasattr(self, "page") else []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the view."""
        return super().get_context_data(saved=self.view_saved, **kwargs)


class SaveView(_ViewForm):
    """Saving a list as it is: ?list=orgs:list&query=…"""

    title = "保存视图"

    def load(self) -> None:
        """Load the list that the address names; raises Http404."""
        name, user = self.request.GET.get("list", ""), self.request.user
        self.page = _list_page(name, user)
        # PostgreSQL keeps no NUL, and no filter means another control character.
        query = "".join(character for character in self.request.GET.get("query", "") if character.isprintable())
        self.view_saved = SavedView(list_name=name, query=query, saved_by_id=user.pk)

    def get_cancel_url(self) -> str:
        """Return the list as it was."""
        return f"{reverse(self.view_saved.list_name)}?{self.view_saved.query}".rstrip("?")


class EditView(_ViewForm):
    """Renaming, sharing or deleting a view of one's own."""

    title = "修改视图"

    def load(self) -> None:
        """Load the user's own view; raises Http404 also for a shared one of somebody else."""
        own = SavedView.objects.visible_to(self.request.user).filter(saved_by=self.request.user.pk)
        self.view_saved = get_object_or_404(own, ref=self.kwargs["ref"])
        self.page = _list_page(self.view_saved.list_name, self.request.user)


class DeleteView(ActionPage):
    """Deleting a view of one's own."""

    requires = EVERYBODY
    title = "删除视图"

    def load(self) -> None:
        """Load the user's own view; raises Http404."""
        own = SavedView.objects.visible_to(self.request.user).filter(saved_by=self.request.user.pk)
        self.view_saved = get_object_or_404(own, ref=self.kwargs["ref"])

    def act(self) -> str:
        """Delete it."""
        self.view_saved.delete()
        return f"视图“{self.view_saved.name}”已删除。"

    def get_success_url(self) -> str:
        """Return the list."""
        return reverse(self.view_saved.list_name)
