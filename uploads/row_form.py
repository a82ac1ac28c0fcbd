"""The form of one row of a file: a field for each cell, with the cell's problems beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms

from changzhi_portal.names import tidy
from changzhi_portal.refusals import InvalidError
from changzhi_portal.registers.cleaning import CLEAR_WORD, KEEP_WORD
from changzhi_portal.registers.columns import (
    BooleanColumn,
    ChoiceColumn,
    Column,
    DateColumn,
    ManyChoicesColumn,
    PersonalColumn,
    TextColumn,
)
from changzhi_portal.registers.form_fields import YES_OR_NO, input_mode
from uploads.rows.corrections import LONGEST_TEXT, check_correction
from uploads.rows.row_cells import RowCell

_LONG_TEXT = 60  # characters that no longer fit one line
_LONGEST_NAME = 300  # columns that take more hold free text


class PersonalInput(forms.PasswordInput):
    """Input of personal data: legible while it is typed, but never sent back by the page."""

    input_type = "text"


class CellInput(forms.CharField):
    """The field of a cell. Any text is taken: the check of the row judges it, like one of the file."""

    def __init__(self, cell: RowCell, offered: Sequence[str]) -> None:
        super().__init__(
            label=cell.header,
            help_text=_help_of(cell),
            initial="" if cell.column.is_personal else cell.text,
            required=False,
            widget=_widget_of(cell),
        )
        self.cell = cell
        self.offered = offered  # words to choose from, beside which others may be typed
        self.hints: list[str] = []  # sentences about what was typed and not saved
        if offered and isinstance(self.widget, forms.TextInput):
            self.widget.attrs["list"] = f"words-{cell.field}"


class BoundCell(forms.BoundField):
    """A field of the row's form whose input is described by the problems of its cell too."""

    @property
    def problems_id(self) -> str:
        """Return the id of the element with the cell's problems."""
        return f"{self.auto_id}_problems"

    @property
    def is_retyped(self) -> bool:
        """Return whether the user has typed another text, so that the cell's problems are those of the text before."""
        if not (isinstance(self.form, RowForm) and isinstance(self.field, CellInput)):
            return False
        return self.field.cell.field in self.form.changed_texts

    @property
    def aria_describedby(self) -> str | None:
        """Return the ids of the elements that describe the input: what is wrong comes first."""
        rest = super().aria_describedby
        is_told = isinstance(self.field, CellInput) and (self.field.cell.problems or self.field.hints)
        return " ".join(filter(None, (self.problems_id if is_told else None, rest))) or None

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        """Add that the input is wrong as long as its cell has an error and nothing else was typed."""
        attrs = super().build_widget_attrs(attrs, widget)
        if isinstance(self.field, CellInput) and self.field.cell.has_error and not self.is_retyped:
            attrs["aria-invalid"] = "true"
        return attrs


class RowForm(forms.Form):
    """Form with the cells of a row, and the page it was opened from.

    Each cell is sent with the text that the user saw, so that only those that the user has changed are corrected, and
    what was typed can be kept when somebody else has changed the row meanwhile. `columns` are those of the register, as
    a cell that was sent may have gone. `offered` gives by field words to choose from.
    """

    bound_field_class = BoundCell
    row = forms.CharField(required=False, widget=forms.HiddenInput)
    back = forms.CharField(required=False, widget=forms.HiddenInput)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        columns: Sequence[Column] = (),
        cells: Sequence[RowCell] = (),
        offered: Mapping[str, Sequence[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.columns = columns
        self.cells = cells
        for cell in cells:
            words = (offered or {}).get(cell.field, ()) if cell.problems else ()
            self.fields[text_name(cell.field)] = CellInput(cell, words)
            self.fields[_seen_name(cell.field)] = forms.CharField(
                initial=cell.text, required=False, strip=False, widget=forms.HiddenInput
            )
        wrong = next((cell for cell in cells if cell.has_error), None)
        if wrong is not None:
            self.fields[text_name(wrong.field)].widget.attrs["autofocus"] = True

    @staticmethod
    def data_for(cells: Iterable[RowCell], typed: Mapping[str, str], **sent: str) -> dict[str, str]:
        """Return what the form would send, were `typed` (texts by field) typed over the present row."""
        data = dict(sent)
        for cell in cells:
            data[text_name(cell.field)] = typed.get(cell.field, "" if cell.column.is_personal else cell.text)
            data[_seen_name(cell.field)] = cell.text
        return data

    @property
    def changed_texts(self) -> dict[str, str]:
        """Return by field the texts that the user has changed; personal ones that were typed anew."""
        changed = {}
        wrong = {cell.field for cell in self.cells if cell.has_error}
        for column in self.columns:
            text = self.data.get(text_name(column.field))
            seen = self.data.get(_seen_name(column.field), "")
            if text is not None and _is_changed(column, text, seen, has_error=column.field in wrong):
                changed[column.field] = text.strip()
        return changed

    def clean(self) -> None:
        """Refuse each changed text that no cell may be corrected to, at its field."""
        changed = self.changed_texts
        for cell in self.cells:
            if cell.field in changed:
                try:
                    check_correction(cell.column, changed[cell.field])
                except InvalidError as refusal:
                    self.add_error(text_name(cell.field), str(refusal))

    def ask_for_personal_data_again(self) -> None:
        """Add to each personal field the hint that what was typed is neither saved nor on the page any more."""
        for cell in self.cells:
            if cell.column.is_personal and cell.field in self.changed_texts:
                self._add_hint(cell, "刚才填的没有保存，为保护个人信息也没有留在页面上，请重新填写。")

    def tell_what_others_changed(self, seen: Mapping[str, str]) -> None:
        """Add to each field with a text of the user what its cell says by now, if that is not what was `seen` (by field)."""
        for cell in self.cells:
            is_other = cell.field in seen and tidy(cell.text) != tidy(seen[cell.field])
            if is_other and cell.field in self.changed_texts:
                self._add_hint(cell, f"这一格现在是“{cell.text or '（空）'}”，是别人刚改的；再保存就改成您填的。")

    def _add_hint(self, cell: RowCell, sentence: str) -> None:
        field = self.fields[text_name(cell.field)]
        if isinstance(field, CellInput):
            field.hints.append(sentence)

    @property
    def seen_texts(self) -> dict[str, str]:
        """Return by field the texts of the cells that the user saw."""
        names = ((column.field, _seen_name(column.field)) for column in self.columns)
        return {field: self.data[name] for field, name in names if name in self.data}

    @property
    def refused_fields(self) -> list[forms.BoundField]:
        """Return the fields whose new text was refused."""
        return [self[text_name(cell.field)] for cell in self.cells if text_name(cell.field) in self.errors]

    @property
    def wrong_fields(self) -> list[forms.BoundField]:
        """Return the fields of the cells that have a problem."""
        return [self[text_name(cell.field)] for cell in self.cells if cell.problems]

    @property
    def other_fields(self) -> list[forms.BoundField]:
        """Return the fields of the cells without a problem."""
        return [self[text_name(cell.field)] for cell in self.cells if not cell.problems]


def text_name(field: str) -> str:
    """Return the name of the form's field of a cell."""
    return f"text-{field}"


def _seen_name(field: str) -> str:
    return f"seen-{field}"


def _is_changed(column: Column, text: str, seen: str, *, has_error: bool) -> bool:
    """Return whether a text differs from the one that the user saw by more than spaces.

    An empty personal field is left as it is. So is one with a mask or 不改, unless its cell has an error: there they
    mean what is registered, instead of what cannot be read.
    """
    if isinstance(column, PersonalColumn):
        return bool(text.strip()) and (has_error or not column.means_no_change(text))
    return tidy(text) != tidy(seen)


def _widget_of(cell: RowCell) -> forms.Widget:
    column, common = cell.column, {"autocomplete": "off", "maxlength": LONGEST_TEXT}
    if words := _words_of(column):
        return forms.Select(attrs={"class": "form-select"}, choices=_choices_of(cell, words))
    mode = input_mode(column)
    attrs = {"class": "form-control", **common, **({"inputmode": mode} if mode else {})}
    if column.is_personal:
        return PersonalInput(attrs=attrs | {"data-personal": "yes"})  # kept_input.js keeps it nowhere
    is_long = isinstance(column, TextColumn) and column.max_length > _LONGEST_NAME
    if is_long or len(cell.text) > _LONG_TEXT:
        return forms.Textarea(attrs=attrs | {"rows": 2})
    return forms.TextInput(attrs=attrs)


def _words_of(column: Column) -> tuple[str, ...]:
    """Return the words of a column that takes one of a closed list, else none."""
    if isinstance(column, BooleanColumn):
        return tuple(word for word, _ in YES_OR_NO)
    if isinstance(column, ChoiceColumn) and not isinstance(column, ManyChoicesColumn):
        return column.labels
    return ()


def _choices_of(cell: RowCell, words: Sequence[str]) -> list[tuple[str, str]]:
    """Return the options of a closed list, first the present text if it is none of them: nothing is lost unseen."""
    can_be_cleared = not (cell.column.required or cell.column.is_key)
    choices = [("", "（不填）"), *((word, word) for word in words)]
    if can_be_cleared or cell.text == CLEAR_WORD:
        choices.append((CLEAR_WORD, "清空（去掉登记的内容）"))
    if cell.text not in {value for value, _ in choices}:
        choices.insert(0, (cell.text, f"{'改成的' if cell.is_corrected else '文件里写的'}：{cell.text}"))
    return choices


def _help_of_personal(cell: RowCell) -> str:
    """Return what a personal cell says now, and how to leave it or the registered number as it is.

    A mask of an export is not told from a blank cell: neither is stored, and both mean that nothing changes.
    """
    if not cell.text:
        return f"没有填，或是带*号的，按“{KEEP_WORD}”处理；要改，请填完整的号码"
    if cell.can_keep_registered:
        return f"现在是{cell.text}；要保留登记的号码，填“{KEEP_WORD}”"
    return f"现在是{cell.text}，不改就空着"


def _help_of(cell: RowCell) -> str:
    """Return what to know before typing: what is there in a personal column, what a list of choices takes."""
    column, parts = cell.column, []
    if cell.is_corrected:
        parts.append("在页面上改过")
    if column.is_personal:
        parts.append(_help_of_personal(cell))
    if isinstance(column, ManyChoicesColumn) and all(problem["code"] != "bad_choice" for problem in cell.problems):
        parts.append(f"可填{'、'.join(column.labels)}，几项用顿号分开")
    if isinstance(column, DateColumn):
        parts.append("如2018-06-30或20180630")
    if column.note:
        parts.append(column.note)
    return "；".join(parts)
