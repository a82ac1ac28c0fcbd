"""What a browser sends of a page: the inputs of its form, read from the markup and not from the form's Python."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any


class _Inputs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self._is_inside = False
        self._area: str | None = None
        self._choice: str | None = None
        self._has_many = False
        self._options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        name, value = told.get("name") or "", told.get("value") or ""
        if tag == "form":
            self._is_inside = (told.get("method") or "").lower() == "post" and "entry-form" in (told.get("class") or "")
        elif not self._is_inside:
            return
        elif tag == "input" and name and (told.get("type") not in ("radio", "checkbox") or "checked" in told):
            self.sent.setdefault(name, []).append(value)
        elif tag == "textarea":
            self._area = name
            self.sent.setdefault(name, []).append("")
        elif tag == "select":
            self._choice, self._has_many, self._options = name, "multiple" in told, []
        elif tag == "option" and self._choice is not None:
            self._options.append((value, "selected" in told))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False
        elif tag == "textarea" and self._area is not None:
            # HTML leaves out a line break right after the tag.
            self.sent[self._area][-1] = self.sent[self._area][-1].removeprefix("\n")
            self._area = None
        elif tag == "select" and self._choice is not None:
            chosen = [value for value, is_selected in self._options if is_selected]
            # Without a selected option a browser sends the first of a simple choice.
            if not chosen and not self._has_many and self._options:
                chosen = [self._options[0][0]]
            self.sent.setdefault(self._choice, []).extend(chosen)
            self._choice = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self.sent[self._area][-1] += data


def sent_by(answer: Any) -> dict[str, Any]:
    """Return what a browser sends of the form of a page of entry (class `entry-form`), buttons and token left out.

    A name that is sent several times has a list.
    """
    reader = _Inputs()
    reader.feed(answer.content.decode())
    sent = {name: values for name, values in reader.sent.items() if name != "csrfmiddlewaretoken"}
    return {name: values[0] if len(values) == 1 else values for name, values in sent.items()}
