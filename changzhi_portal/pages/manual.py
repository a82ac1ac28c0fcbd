"""The user manual inside the portal: the chapters in docs/manual/ as one page, the reader's own chapters first."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple
from xml.etree.ElementTree import Element  # built from our own Markdown, nothing is parsed

from django.conf import settings
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from markdown import Markdown  # type: ignore[import-untyped]
from markdown.extensions import Extension  # type: ignore[import-untyped]
from markdown.extensions.toc import slugify_unicode  # type: ignore[import-untyped]
from markdown.treeprocessors import Treeprocessor  # type: ignore[import-untyped]

from changzhi_portal.pages.base import PortalPage, PortalRequest
from changzhi_portal.rights import EVERYBODY, has_right

FOLDER: Final = Path("docs") / "manual"
# Chapters for all, in the order of a month's work: file and the right without which a role has little use for it. The
# chapter of a role is the file `role_<role>.md`.
SHARED: Final = (
    ("account", EVERYBODY),
    ("registers", "may_see_registers"),
    ("upload", "may_upload"),
    ("entry", "may_upload"),
    ("purchases", "may_see_registers"),
    ("burden", "may_see_work_items"),
    ("submission", "may_see_submissions"),
    ("progress", EVERYBODY),
    ("briefing", EVERYBODY),
    ("divisions", "may_change_divisions"),
    ("users", "may_see_users"),
    ("connections", "may_manage_clients"),
    ("audit", "may_audit"),
    ("privacy", "may_answer_subjects"),
    ("questions", EVERYBODY),
)
ROLE_PREFIX: Final = "role_"
A_YEAR: Final = 31_536_000  # seconds


class Heading(NamedTuple):
    """A heading: its anchor and its text."""

    anchor: str
    title: str


class Chapter(NamedTuple):
    """One file of the manual as HTML, with its title and the headings of its sections."""

    name: str
    heading: Heading
    sections: list[Heading]
    text: SafeString


class Part(NamedTuple):
    """Chapters under a common title in the table of contents."""

    title: str
    chapters: list[Chapter]


class _ForThePortal(Treeprocessor):
    """Lead links between chapters to places of the page, and pictures to the portal's own addresses."""

    def run(self, root: Element) -> None:
        for link in root.iter("a"):
            file, _, place = link.get("href", "").partition("#")
            if file.endswith(".md"):
                link.set("href", f"#{place or _title_anchor(file.removesuffix('.md'))}")
        for parent in list(root.iter()):
            for position, picture in enumerate(list(parent)):
                if picture.tag == "img":
                    parent[position] = _framed(picture)


class _ForThePortalExtension(Extension):
    def extendMarkdown(self, renderer: Markdown) -> None:  # the library's name
        renderer.treeprocessors.register(_ForThePortal(renderer), "for_the_portal", 1)


def _framed(picture: Element) -> Element:
    """Return a picture with its size, so that the text does not jump, in a link to the picture alone for telephones."""
    name = Path(picture.get("src", "")).stem
    found = pictures().get(name)
    if found is None:  # written about, and not taken yet (`make manual`); a test names it
        return picture
    address = reverse("manual_picture", args=[found.digest, name])
    link = Element("a", {"href": address, "class": "manual-picture"})
    link.tail, picture.tail = picture.tail, None
    for attribute, value in (("src", address), ("loading", "lazy"), ("width", found.width), ("height", found.height)):
        picture.set(attribute, str(value))
    link.append(picture)
    return link


def _source(name: str) -> str:
    return (settings.BASE_DIR / FOLDER / f"{name}.md").read_text(encoding="utf-8")


def _title_anchor(name: str) -> str:
    """Return the anchor of a chapter's title, which is the first line of its file."""
    return slugify_unicode(_source(name).partition("\n")[0].removeprefix("# "), "-")


@cache
def chapter(name: str) -> Chapter:
    """Return a chapter of this release, rendered once; headings are one level lower than in the file."""
    renderer = Markdown(
        extensions=["tables", "toc", "sane_lists", _ForThePortalExtension()],
        # Anchors as code hosts make them, so that links between the files work there too.
        extension_configs={"toc": {"slugify": slugify_unicode, "baselevel": 2}},
    )
    text = renderer.convert(_source(name))
    [title] = renderer.toc_tokens
    sections = [_heading(token) for token in title["children"]]
    # Our own file, not user input.
    return Chapter(name, _heading(title), sections, mark_safe(text))  # noqa: S308


def _heading(token: dict[str, Any]) -> Heading:
    return Heading(token["id"], token["name"])


@cache
def role_chapters() -> tuple[str, ...]:
    """Return the names of the chapters of roles."""
    return tuple(sorted(file.stem for file in (settings.BASE_DIR / FOLDER).glob(f"{ROLE_PREFIX}*.md")))


def chapter_of(role: Any) -> str:
    """Return the name of the chapter of a role."""
    return f"{ROLE_PREFIX}{role.value}"


def home_anchor(role: Any) -> str:
    """Return the anchor of a role's chapter, to which its home page leads."""
    return chapter(chapter_of(role)).heading.anchor


def manual_for(user: Any) -> list[Part]:
    """Return the whole manual as a user reads it: the role's chapter, what the role works with, then the rest."""
    own = chapter_of(user.role)
    used = [name for name, right in SHARED if has_right(user, right)]
    rest = [name for name, _ in SHARED if name not in used] + [name for name in role_chapters() if name != own]
    parts = (("我的工作", [own]), ("常用内容", used), ("其他内容", rest))
    return [Part(title, [chapter(name) for name in names]) for title, names in parts]


class Picture(NamedTuple):
    """A picture of the manual: its bytes, size in pixels, and the digest that is part of its address."""

    data: bytes
    width: int
    height: int
    digest: str


@cache
def pictures() -> dict[str, Picture]:
    """Return the pictures of this release by name."""
    return {file.stem: _picture(file.read_bytes()) for file in (settings.BASE_DIR / FOLDER / "pictures").glob("*.png")}


def _picture(data: bytes) -> Picture:
    """Return a PNG with its size, which stands in bytes 16 to 23 (ISO/IEC 15948, 11.2.2)."""
    width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    return Picture(data, width, height, hashlib.sha256(data).hexdigest()[:12])


class ManualPage(PortalPage):
    """The manual, chapter by chapter."""

    requires = EVERYBODY
    title = "使用手册"
    template_name = "frame/manual.html"
    help_at = ""  # it is the help

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show the whole manual on one page, so that the browser's search and printing cover all of it."""
        return self.render_to_response(self.get_context_data(parts=manual_for(request.user)))


class ManualPicture(PortalPage):
    """A picture of the manual. Its address changes with it, so browsers keep it."""

    requires = EVERYBODY
    may_be_kept = True

    def get(self, request: PortalRequest, name: str, digest: str) -> HttpResponse:
        """Send the picture; raises Http404 for an unknown name. Of an older address the picture of today is sent."""
        found = pictures().get(name)
        if found is None:
            raise Http404(f"The manual has no picture {name!r}.")
        kept = f"private, max-age={A_YEAR}, immutable" if digest == found.digest else "no-cache"
        return HttpResponse(found.data, content_type="image/png", headers={"Cache-Control": kept})
