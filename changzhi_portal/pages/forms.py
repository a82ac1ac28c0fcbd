"""Pages that change something: a form with one action (`FormPage`), and a button that posts (`ActionPage`).

Both work without JavaScript. A subclass says what the address names (`load`), what is asked (`form_class`), what is
done (`act`) and where the user goes afterwards (`get_success_url`).
"""

from __future__ import annotations

import hashlib
import json
from http import HTTPStatus
from typing import Any, ClassVar

from django.contrib import messages
from django.forms import BaseForm, Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.generic.base import TemplateResponseMixin
from django.views.generic.edit import FormMixin

from changzhi_portal.pages.base import PortalPage
from changzhi_portal.refusals import PortalError


class ActionPage(PortalPage):
    """A button: POST carries the action out and redirects. What is refused is said on the page it redirects to."""

    http_method_names = ("post", "options")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Carry the action out, say what was done or why it was refused, and redirect."""
        self.load()
        try:
            done = self.act()
        except PortalError as refusal:
            messages.error(request, str(refusal))
        else:
            if done:
                messages.success(request, done)
        return redirect(self.get_success_url())

    def act(self) -> str:
        """Carry the action out and return what was done, in one sentence; "" says nothing. Raises PortalError."""
        raise NotImplementedError(f"{type(self).__name__} must say what it does.")

    def get_success_url(self) -> str:
        """Return the address to go to, also after a refusal."""
        raise NotImplementedError(f"{type(self).__name__} must say where it leads.")


class FormPage(FormMixin, TemplateResponseMixin, PortalPage):
    """A form with one action.

    GET shows the form. POST carries the action out and redirects with a message. What is refused, by the form or by a
    PortalError of the action, stays on the page with status 422 (or the status of the refusal): the sentence stands at
    its field, what was typed is kept, and the first error has the focus.

    A page whose action is to be looked at first has a `preview`. POST with `preview` shows what would happen; POST
    without it acts once exactly this input has been shown, and shows it otherwise.
    """

    template_name = "frame/form.html"
    # Without fields: the page asks for nothing but the decision.
    form_class: type[BaseForm] = Form
    # Fields that a preview does not depend on, such as the reason of a change: it does not ask for them.
    not_previewed: ClassVar[tuple[str, ...]] = ()
    submit_label: ClassVar[str] = "保存"
    # What the button says while its request is under way (`data-once` in portal.js).
    busy_label: ClassVar[str] = "正在保存…"
    cancel_label: ClassVar[str] = "取消"
    unavailable_message: ClassVar[str] = ""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form; redirect when there is nothing to decide (see `is_available`)."""
        self.load()
        if self.is_available():
            return self.render_form(self.get_form())
        if self.unavailable_message:
            messages.info(request, self.unavailable_message)
        return redirect(self.get_success_url())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show what would happen, or act; answer with the form and its errors when that is refused."""
        self.load()
        form = self.get_form()
        return self.form_valid(form) if form.is_valid() else self.form_invalid(form)

    def is_available(self) -> bool:
        """Return whether there is something to decide, such as a month that can be locked.

        Otherwise GET redirects with `unavailable_message`, and a refused POST shows the sentence without the form.
        """
        return True

    def act(self, form: Any) -> str:
        """Carry the action out and return what was done, in one sentence; "" says nothing. Raises PortalError."""
        raise NotImplementedError(f"{type(self).__name__} must say what it does.")

    def preview(self, form: Any) -> dict[str, Any] | None:
        """Return what the template shows of the action before it is carried out; None: nothing to look at first."""
        return None

    def get_form(self, form_class: type[BaseForm] | None = None) -> Any:
        """Return the form; for a preview, without asking for the fields that it does not depend on."""
        form = super().get_form(form_class)
        if self._asks_for_preview():
            for name in self.not_previewed:
                form.fields[name].required = False
        return form

    def form_valid(self, form: Any) -> HttpResponse:
        """Preview what has not been looked at yet, else act and redirect."""
        if self._asks_for_preview() or not self._is_previewed(form):
            preview = self.preview(form)
            if preview is not None:
                is_changed = bool(self.request.POST.get("previewed")) and not self._asks_for_preview()
                return self.render_form(
                    form, previewed=self._digest(form), is_changed_since_preview=is_changed, **preview
                )
        try:
            done = self.act(form)
        except PortalError as refusal:
            return self.refuse(form, refusal)
        if done:
            messages.success(self.request, done)
        return redirect(self.get_success_url())

    def refuse(self, form: Any, refusal: PortalError) -> HttpResponse:
        """Show the form with the sentence of a refusal, at its field where it has one."""
        preview = self._preview_again(form)
        field = self.field_of(refusal) if self.is_available() else ""
        form.add_error(field if field in form.fields else None, str(refusal))
        return self.render_form(form, status=refusal.status, **preview)

    def field_of(self, refusal: PortalError) -> str:
        """Return the form field at which the sentence of a refusal stands; one that the form does not have: above it."""
        return refusal.field

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the form with what is wrong and what was typed."""
        is_input_good = set(form.errors) <= set(self.not_previewed)
        preview = self._preview_again(form) if is_input_good else {}
        return self.render_form(form, status=HTTPStatus.UNPROCESSABLE_ENTITY, **preview)

    def render_form(self, form: Any, *, status: int = HTTPStatus.OK, **context: Any) -> HttpResponse:
        """Render the page around `form`, the first error with the focus."""
        focus_first_error(form, shows_fields=self.is_available())
        return self.render_to_response(self.get_context_data(form=form, **context), status=status)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what `frame/form.html` shows around the form; `previewed` is the digest of what was, "" without preview."""
        around = {"is_available": self.is_available(), "cancel_url": self.get_cancel_url()}
        unseen = {"previewed": "", "is_changed_since_preview": False}
        return super().get_context_data(**around | unseen | kwargs)

    def get_cancel_url(self) -> str:
        """Return where the link beside the button leads; "" leaves it out."""
        return self.get_success_url()

    def _asks_for_preview(self) -> bool:
        return "preview" in self.request.POST

    def _is_previewed(self, form: Any) -> bool:
        """Return whether exactly this input has been shown."""
        return self.request.POST.get("previewed") == self._digest(form)

    def _preview_again(self, form: Any) -> dict[str, Any]:
        """Return the preview that the user has in front of them, so that it stays on the page; {} without one."""
        preview = self.preview(form) if self._is_previewed(form) else None
        return {} if preview is None else {"previewed": self._digest(form), **preview}

    def _digest(self, form: Any) -> str:
        """Return a short sign of what the form says, so that nothing is done that has not been shown."""
        names = [form.add_prefix(name) for name in form.fields if name not in self.not_previewed]
        said = [(name, form.data.getlist(name)) for name in names]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:32]


def focus_first_error(form: BaseForm, *, shows_fields: bool = True) -> None:
    """Let the browser focus the first error of a form when the page opens, also without JavaScript.

    Errors of the form as a whole come first: `frame/form_errors.html` gives itself the focus. Errors of fields that the
    page does not show become such errors, because nobody would see them.
    """
    if not form.is_bound:
        return
    for field in form.hidden_fields() if shows_fields else list(form):
        for message in field.errors:
            form.add_error(None, message)
    if form.non_field_errors():
        return
    wrong = next((field for field in form.visible_fields() if field.errors), None)
    if wrong is not None:
        wrong.field.widget.attrs["autofocus"] = True
