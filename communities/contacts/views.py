"""联系方式: whom to ask, for everybody; and the forms of those who keep contact persons."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View

from changzhi_portal.pages import Crumb, FormPage, VersionForm
from changzhi_portal.rights import has_right
from communities.actions import delete_contact, divisions_with_contacts_of, save_contact
from communities.contacts.forms import ContactPersonForm
from communities.models import Contact

TITLE = "联系方式"


@method_decorator(login_not_required, name="dispatch")
class Contacts(View):
    """Whom to ask. A visitor, who may have forgotten the password, sees those of the bureau that are marked for that."""

    http_method_names = ("get", "head", "options")

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the contacts by division, the bureau first."""
        user = request.user
        found = list(Contact.objects.to_be_asked_by(user).in_order())
        may_keep = has_right(user, "may_keep_contacts")
        kept = set(Contact.objects.visible_to(user).values_list("pk", flat=True)) if may_keep else set()
        offices = [
            (division, [(contact, contact.pk in kept) for contact in contacts])
            for division, contacts in groupby(found, key=lambda contact: contact.division)
        ]
        context = {"title": TITLE, "offices": offices, "may_keep": may_keep, "help_anchor": "联系方式"}
        return render(request, "communities/contacts.html", context)


class _ContactForm(FormPage):
    """A form about one contact person, `contact`; for a new one it is None."""

    requires = "may_keep_contacts"
    form_class: type[BaseForm] = ContactPersonForm
    help_at = TITLE
    contact: Contact | None = None

    def load(self) -> None:
        """Load the contact; raises Http404 for one that the user does not keep."""
        kept = Contact.objects.visible_to(self.request.user).select_related("division")
        self.contact = kept.filter(ref=self.kwargs["ref"]).first()
        if self.contact is None:
            raise Http404("No such contact among those that the user keeps.")

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the contact and the divisions to choose from."""
        divisions = list(divisions_with_contacts_of(self.request.user))
        return {**super().get_form_kwargs(), "divisions": divisions, "contact": self.contact}

    def get_success_url(self) -> str:
        """Return the page of contacts."""
        return reverse("communities:contacts")

    def get_crumbs(self) -> list[Crumb]:
        """Add the page of contacts."""
        return [Crumb(TITLE, reverse("communities:contacts"))]


class NewContact(_ContactForm):
    """A new contact person."""

    title = "新增联系人"

    def load(self) -> None:
        """Load nobody."""

    def act(self, form: ContactPersonForm) -> str:
        """Create the contact."""
        return f"联系人“{save_contact(by=self.request.user, fields=form.values())}”已保存。"


class EditContact(_ContactForm):
    """Changing a contact person."""

    title = "修改联系人"

    def act(self, form: ContactPersonForm) -> str:
        """Change the contact."""
        saved = save_contact(
            by=self.request.user,
            fields=form.values(),
            ref=self.kwargs["ref"],
            version=form.cleaned_data["version"],
        )
        return f"联系人“{saved}”已保存。"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the contact, for the link that deletes it."""
        return super().get_context_data(contact=self.contact, **kwargs)

    template_name = "communities/contact_edit.html"


class DeleteContact(_ContactForm):
    """Asking before a contact person is deleted."""

    title = "删除联系人"
    form_class = VersionForm
    template_name = "communities/contact_delete.html"
    submit_label = "删除"
    busy_label = "正在删除…"

    def get_form_kwargs(self) -> dict[str, Any]:
        """Leave out what only the whole form needs."""
        kwargs = super().get_form_kwargs()
        del kwargs["divisions"], kwargs["contact"]
        return kwargs

    def get_initial(self) -> dict[str, Any]:
        """Return the version that the page shows."""
        return {"version": self.contact.version if self.contact else 0}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the contact."""
        return super().get_context_data(contact=self.contact, **kwargs)

    def act(self, form: VersionForm) -> str:
        """Delete the contact."""
        name = delete_contact(by=self.request.user, ref=self.kwargs["ref"], version=form.cleaned_data["version"])
        return f"联系人“{name}”已删除。"
