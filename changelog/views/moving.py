"""The page that makes one move of a record with states: what it does, the note that it asks for, and the button."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from changelog.flow import Flow, Move
from changelog.models.steps import LONGEST_NOTE
from changzhi_portal.pages import Crumb, FormPage
from changzhi_portal.pages.base import PortalRequest


class MoveForm(forms.Form):
    """The note of a move, if it asks for one, and the version that the page showed."""

    seen = forms.IntegerField(
        widget=forms.HiddenInput, error_messages={"invalid": "请刷新后再试。", "required": "请刷新后再试。"}
    )

    def __init__(self, *args: Any, move: Move, record: Any = None, **kwargs: Any) -> None:
        """Take the record whose move it is; without one the note is asked for only if the move always needs it."""
        super().__init__(*args, **kwargs)
        if move.asks is not None:
            asking = f"请写明{move.asks.label}。" if move.asks.is_required else ""
            if record is not None:
                asking = move.asks.asking(record)
            self.fields["note"] = forms.CharField(
                label=move.asks.label,
                help_text=move.asks.help_text,
                required=bool(asking),
                max_length=LONGEST_NOTE,
                widget=forms.Textarea(attrs={"rows": 3}),
                error_messages={"required": asking, "max_length": f"{move.asks.label}请控制在{LONGEST_NOTE}个字以内。"},
            )


class MovePage(FormPage):
    """One move of one record, named by `move` in the address. Subclasses name the flow and the records.

    A record of another area is not found (404); a user without the right is refused.
    """

    template_name = "changelog/move.html"
    busy_label = "正在提交…"
    flow: ClassVar[Flow[Any]]
    queryset: ClassVar[QuerySet[Any]]
    record: Any
    move: Move

    def load(self) -> None:
        """Load the record and the move. Raises Http404, and PermissionDenied for users without the right."""
        self.record = get_object_or_404(
            self.queryset.visible_to(self.request.user),  # type: ignore[attr-defined]  # scoped
            ref=self.kwargs["ref"],
        )
        try:
            self.move = self.flow.move(self.kwargs["move"])
        except KeyError as unknown:
            raise Http404(f"There is no move {unknown}.") from unknown
        if not self.flow.allows(self.move, self.request.user):
            raise PermissionDenied(f"“{self.request.user.role.label}”角色不能{self.move.label}，请联系市局管理员。")
        if not self.move.is_for(self.record, self.request.user):
            raise PermissionDenied(f"“{self.record}”不由您{self.move.label}。")

    def get(self, request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form; say what state the record is in when it is another than the move needs."""
        self.load()
        state = self.flow.state_of(self.record)
        if state not in self.move.sources:
            messages.info(request, f"当前状态是“{self.flow.label_of(state)}”，不能“{self.move.label}”。")
            return redirect(self.get_success_url())
        return self.render_form(self.get_form(), status=HTTPStatus.OK)

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the move, and the version that the page shows."""
        return {
            **super().get_form_kwargs(),
            "move": self.move,
            "record": self.record,
            "initial": {"seen": self.record.version},
        }

    def get_form_class(self) -> type[MoveForm]:
        """Return the form of a move."""
        return MoveForm

    def act(self, form: MoveForm) -> str:
        """Make the move."""
        data = form.cleaned_data
        self.record = self.flow.make(
            self.record, self.move.code, by=self.request.user, note=data.get("note", ""), seen=data["seen"]
        )
        return self.move.done

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the move and the record."""
        return super().get_context_data(move=self.move, record=self.record, **kwargs)

    def get_title(self) -> str:
        """Return the move's label."""
        return self.move.label if hasattr(self, "move") else "操作"

    def get_success_url(self) -> str:
        """Return the address of the record's page."""
        return str(self.record.get_absolute_url())

    def get_crumbs(self) -> list[Crumb]:
        """Add the record."""
        return [Crumb(str(self.record), self.get_success_url())] if hasattr(self, "record") else []
