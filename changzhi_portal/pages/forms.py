"""Pages that change something: a form with one action (`FormPage`), and a button that posts (`ActionPage`).

Both work without JavaScript. A subclass loads what the address names (`load`), declares the form (`form_class`),
carries out the action (`act`) and returns where to go afterwards (`get_success_url`).
"""

from __future__ import annotations

import hashlib
import json
from http import HTTPStatus
from typing import Any, ClassVar

from django.contrib import messages
from django.forms import BaseForm, Form
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.generic.edit import FormMixin

from changzhi_portal.kept_input import refuse_form
from changzhi_portal.pages.base import PortalPage, PortalRequest
from changzhi_portal.refusals import PortalError


class ActionPage(PortalPage):
    """A button. POST carries out the action and redirects; a refusal is shown on the page that it redirects to."""

    http_method_names = ("post", "options")

    def post(self, request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Carry out the action, add a message with its result or the refusal, and redirect."""
        self.load()
        try:
            done = self.act()
        except PortalError as refusal:
            refuse_form(request, str(refusal))
        else:
            if done:
                messages.success(request, done)
        return redirect(self.get_success_url())

    def act(self) -> str:
        """Carry out the action and return its result in one sentence, or "" for no message. Raises PortalError."""
        raise NotImplementedError(f"{type(self).__name__} must say what it does.")

    def get_success_url(self) -> str:
        """Return the URL to redirect to, also after a refusal."""
        raise NotImplementedError(f"{type(self).__name__} must say where it leads.")


class FormPage(FormMixin, PortalPage):
    """A form with one action.

    GET shows the form. POST carries out the action and redirects with a message. A refusal, by the form or by a
    PortalError of the action, shows the page again with status 422 (or that of the refusal): the sentence is shown at
    its field, the input is kept, and the first error gets the focus.

    A page with a `preview` shows the result of its action first. POST with `preview` shows it. POST without `preview`
    acts if exactly this input has been shown, and otherwise shows it.
    """

    template_name = "frame/form.html"
    # Without fields: the page only asks for the decision.
    form_class: type[BaseForm] = Form
    # Fields that the preview does not need, such as the reason of a change; it does not require them.
    not_previewed: ClassVar[tuple[str, ...]] = ()
    submit_label: ClassVar[str] = "保存"
    # The text of the button while its request is running (`data-once` in portal.js).
    busy_label: ClassVar[str] = "正在保存…"
    cancel_label: ClassVar[str] = "取消"
    unavailable_message: ClassVar[str] = ""

    def get(self, request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form; redirect when there is nothing to decide (see `is_available`)."""
        self.load()
        if self.is_available():
            return self.render_form(self.get_form())
        if sentence := self.get_unavailable_message():
            messages.info(request, sentence)
        return redirect(self.get_success_url())

    def post(self, request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the preview, or act; show the form with its errors when that is refused."""
        self.load()
        form = self.get_form()
        return self.form_valid(form) if form.is_valid() else self.form_invalid(form)

    def is_available(self) -> bool:
        """Return whether there is something to decide, such as a month that can be locked.

        Otherwise GET redirects with `unavailable_message`, and a refused POST shows the sentence without the form.
        """
        return True

    def get_unavailable_message(self) -> str:
        """Return the sentence that says why there is nothing to decide; "" for none."""
        return self.unavailable_message

    def act(self, form: Any) -> str:
        """Carry out the action and return its result in one sentence, or "" for no message. Raises PortalError."""
        raise NotImplementedError(f"{type(self).__name__} must say what it does.")

    def preview(self, form: Any) -> dict[str, Any] | None:
        """Return the template context of the preview of the action; None for an action without preview."""
        return None

    def get_form(self, form_class: type[BaseForm] | None = None) -> Any:
        """Return the form; for a preview, the fields in `not_previewed` are not required."""
        form = super().get_form(form_class)
        if self._asks_for_preview():
            for name in self.not_previewed:
                form.fields[name].required = False
        return form

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """Show the preview if the input has not been previewed; else act and redirect."""
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

    def refuse(self, form: BaseForm, refusal: PortalError) -> HttpResponse:
        """Show the form with the sentence of a refusal, at its field if it has one."""
        preview = self._preview_again(form)
        field = self.field_of(refusal) if self.is_available() else ""
        form.add_error(field if field in form.fields else None, str(refusal))
        return self.render_form(form, status=refusal.status, **preview)

    def field_of(self, refusal: PortalError) -> str:
        """Return the form field that the refusal belongs to; without such a field its sentence is shown above the form."""
        return refusal.field

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        """Show the form with its errors and the input."""
        is_input_good = set(form.errors) <= set(self.not_previewed)
        preview = self._preview_again(form) if is_input_good else {}
        return self.render_form(form, status=HTTPStatus.UNPROCESSABLE_ENTITY, **preview)

    def render_form(self, form: BaseForm, *, status: int = HTTPStatus.OK, **context: Any) -> HttpResponse:
        """Render the page around `form`, the first error with the focus."""
        focus_first_error(form, shows_fields=self.is_available())
        return self.render_to_response(self.get_context_data(form=form, **context), status=status)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the context of `frame/form.html`; `previewed` is the digest of the previewed input, "" without preview."""
        around = {"is_available": self.is_available(), "cancel_url": self.get_cancel_url()}
        unseen = {"previewed": "", "is_changed_since_preview": False}
        return super().get_context_data(**around | unseen | kwargs)

    def get_cancel_url(self) -> str:
        """Return the URL of the link beside the button; "" leaves it out."""
        return self.get_success_url()

    def _asks_for_preview(self) -> bool:
        return "preview" in self.request.POST

    def _is_previewed(self, form: BaseForm) -> bool:
        """Return whether exactly this input has been previewed."""
        return self.request.POST.get("previewed") == self._digest(form)

    def _preview_again(self, form: BaseForm) -> dict[str, Any]:
        """Return the preview that the user was shown, so that it stays on the page; {} without one."""
        preview = self.preview(form) if self._is_previewed(form) else None
        return {} if preview is None else {"previewed": self._digest(form), **preview}

    def _digest(self, form: BaseForm) -> str:
        """Return a digest of the form's input, so that only an action whose preview was shown is carried out."""
        names = [form.add_prefix(name) for name in form.fields if name not in self.not_previewed]
        values = [(name, self.request.POST.getlist(name)) for name in names]
        return hashlib.sha256(json.dumps(values, ensure_ascii=False).encode()).hexdigest()[:32]


def focus_first_error(form: BaseForm, *, shows_fields: bool = True) -> None:
    """Let the browser focus the first error of a form when the page opens, also without JavaScript.

    Errors of the form as a whole come first: `frame/form_errors.html` gives itself the focus. Errors of fields that the
    page does not show become such errors, because nobody would see them.
    """
    if not form.is_bound:
        return
    for each in form.fields.values():  # a form of Django may have given the focus to its first field
        each.widget.attrs.pop("autofocus", None)
    for field in form.hidden_fields() if shows_fields else list(form):
        for message in field.errors:
            form.add_error(None, message)
    if form.non_field_errors():
        return
    wrong = next((field for field in form.visible_fields() if field.errors), None)
    if wrong is not None:
        wrong.field.widget.attrs["autofocus"] = True
