"""Helpers that read the form of a row as a browser does, and send it."""

from __future__ import annotations

from html.parser import HTMLParser

from django.urls import reverse

from uploads.models import UploadBatch

THREE_WRONG = {"设施类型": "车库", "建筑面积（㎡）": "五百多", "启用日期": "2018.13.1"}  # of a facility


class FormFields(HTMLParser):
    """The fields of the form of a row: what a browser would send, the attributes, and the options of each."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self.attributes: dict[str, dict[str, str | None]] = {}
        self.options: dict[str, list[str]] = {}
        self.texts: dict[str, str] = {}  # by id
        self._inside = ""
        self._id = ""
        self.feed(page.split("<main")[1])

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self._id = given.get("id") or self._id
        name = given.get("name") or ""
        if tag in {"input", "select", "textarea"}:
            self.attributes[name] = given
            self.sent[name] = given.get("value") or ""
            self._inside = "" if tag == "input" else name
        elif tag == "option" and self._inside:
            self.options.setdefault(self._inside, []).append(given["value"])
            if "selected" in given or len(self.options[self._inside]) == 1:
                self.sent[self._inside] = given["value"]

    def handle_data(self, data):
        if self._inside in self.attributes and self._inside not in self.options and data.strip():
            self.sent[self._inside] += data.removeprefix("\n")
        self.texts[self._id] = self.texts.get(self._id, "") + " ".join(data.split())

    def handle_endtag(self, tag):
        if tag in {"select", "textarea"}:
            self._inside = ""

    def described(self, name):
        """Return the text of the elements that describe a field."""
        return " ".join(self.texts[each] for each in (self.attributes[name]["aria-describedby"] or "").split())


def sent(send, user, rows, register="facilities", **options):
    return UploadBatch.objects.get(pk=send(register, user, rows, **options)["batch"])


def address_of(batch):
    return reverse("uploads:correct", args=[batch.ref])


def form_of(browser, batch, position=1, **query):
    answer = browser.get(address_of(batch), {"row": position, **query})
    assert answer.status_code == 200
    return FormFields(answer.content.decode())


def save(browser, batch, fields, **typed):
    """Send the form as the browser would after typing; return the answer."""
    return browser.post(address_of(batch), fields.sent | typed, follow=True)


def words_of(answer):
    return " ".join(answer.content.decode().split())
