"""Columns of closed lists: one of their words, or any of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.db import models

from changzhi_portal.names import comparable
from changzhi_portal.registers import cleaning
from changzhi_portal.registers.columns.base import ONE, Column
from changzhi_portal.registers.problems import CellRefusedError


class ChoiceColumn(Column):
    """One of a closed list, by default the model field's choices, written as its label.

    `blank_choices` are further words for "none of them" (枢纽型: 否); `short_forms` words that are understood as well.
    """

    def __init__(
        self,
        model: type[models.Model],
        attribute: str,
        header: str,
        *spellings: str,
        choices: Sequence[tuple[str, Any]] = (),
        blank_choices: tuple[str, ...] = (),
        short_forms: Mapping[str, str] = MappingProxyType({}),
        **options: Any,
    ) -> None:
        super().__init__(model, attribute, header, *spellings, **options)
        self._label_of: dict[str, str] = {value: str(label) for value, label in choices or self.model_field.flatchoices}
        self._values = {comparable(label): value for value, label in self._label_of.items()} | dict(short_forms)
        self._values |= dict.fromkeys(blank_choices, "")
        self.labels = (*self._label_of.values(), *blank_choices)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Return value and label of each choice."""
        return list(self._label_of.items())

    def is_blank(self, raw: Any) -> bool:
        """Tell whether it is blank and the word is no choice itself (无 in 职业水平)."""
        return cleaning.is_blank(raw) and comparable(str(raw)) not in self._values

    def is_blank_input(self, given: Any) -> bool:
        """Return whether what is given says nothing; a choice's value may be the word "none"."""
        return self.is_blank(given) and given not in self._label_of

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> str:
        """Return the choice's value, of choices with a box each that of the only ticked one. Raises `bad_choice`."""
        ticked = cleaning.ticked_items(raw)
        text = ticked[0] if ticked is not None and len(ticked) == 1 else cleaning.as_text(raw)
        try:
            return self._values[comparable(text)]
        except KeyError:
            raise CellRefusedError("bad_choice", f"只能填：{'、'.join(self.labels)}") from None

    def from_input(self, given: Any) -> Any:
        """Return the choice's value; it may be given itself instead of its label. Raises `bad_choice`."""
        return str(given) if isinstance(given, str) and given in self._label_of else self.clean(given)

    def written(self, value: Any) -> str:
        """Return the label."""
        return self._label_of[value] if value else ""


class ManyChoicesColumn(ChoiceColumn):
    """Any of a closed list, separated by 、."""

    def clean(self, raw: Any, multiplier: Decimal = ONE) -> Any:
        """Return the chosen values in the list's own order. Raises `bad_choice`."""
        ticked = cleaning.ticked_items(raw)
        words = [word for word in cleaning.items_of(raw) if word] if ticked is None else ticked
        if not words:
            raise CellRefusedError("bad_choice", f"没有勾选，请写明：{'、'.join(self.labels)}，用顿号分开；没有的留空")
        unknown = [word for word in words if comparable(word) not in self._values]
        if unknown:
            raise CellRefusedError(
                "bad_choice", f"不认识“{'、'.join(unknown)}”，只能填：{'、'.join(self.labels)}，用顿号分开"
            )
        chosen = {self._values[comparable(word)] for word in words}
        return [value for value in self._label_of if value in chosen]

    def from_input(self, given: Any) -> Any:
        """Return the chosen values; they may be given as a list, themselves or their labels. Raises `bad_choice`."""
        words = given if isinstance(given, list | tuple) else cleaning.items_of(given)
        return self.clean("、".join(self._label_of.get(str(word), str(word)) for word in words))

    def written(self, value: Any) -> str:
        """Return the labels, separated by 、."""
        return "、".join(self._label_of[item] for item in value or ())
