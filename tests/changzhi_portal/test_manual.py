"""Tests of the manual inside the portal: complete, with true names, pictures, and a place for every page."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.urls import reverse

from accounts.models import ROLES_OF_PEOPLE
from changzhi_portal.discovery import own_apps
from changzhi_portal.menu import GROUPS, menu_items
from changzhi_portal.pages.manual import FOLDER, SHARED, chapter, chapter_of, manual_for, pictures
from tests.factories import home_of, make_user

CHAPTERS = [*(name for name, _ in SHARED), *(chapter_of(role) for role in ROLES_OF_PEOPLE)]
SOURCES = {file.stem: file.read_text(encoding="utf-8") for file in (settings.BASE_DIR / FOLDER).glob("*.md")}
MOST_BYTES, MOST_BYTES_TOGETHER = 60_000, 1_200_000


def all_text() -> str:
    return "".join(chapter(name).text for name in CHAPTERS)


@cache
def names_of_the_interface() -> str:
    """Return the texts of all templates and the strings of the product's code without docstrings."""
    templates = [file.read_text() for file in (settings.BASE_DIR / "templates").rglob("*.html")]
    return "\n".join([*templates, *(text for app in own_apps() for text in strings_of(Path(app.path)))])


def strings_of(folder: Path) -> list[str]:
    found = []
    for file in folder.rglob("*.py"):
        tree = ast.parse(file.read_text())
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        found += [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
        ]
    return found


def bold_names() -> list[tuple[str, str]]:
    return [(name, bold) for name, source in SOURCES.items() for bold in re.findall(r"\*\*(.+?)\*\*", source)]


@pytest.mark.one_database
@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES_OF_PEOPLE)
def test_each_role_reads_its_own_chapter_first_and_finds_the_whole_manual(role, place, signed_in):
    user = make_user(role, home_of(role, place))
    own, used, rest = manual_for(user)
    assert [each.name for each in own.chapters] == [f"role_{role.value}"]
    assert sorted(each.name for part in (own, used, rest) for each in part.chapters) == sorted(CHAPTERS)
    assert ("upload" in [each.name for each in used.chapters]) == role.may_upload
    page = signed_in(user).get(reverse("manual")).content.decode()
    assert f'href="{reverse("manual")}"' in signed_in(user).get(reverse("home")).content.decode()
    assert page.index(own.chapters[0].text) < page.index(used.chapters[0].text) < page.index(rest.chapters[0].text)
    assert 'href="#上传表格"' in page and '<h2 id="上传表格">' in page


def test_every_file_of_the_manual_is_shown():
    assert sorted(SOURCES) == sorted([*CHAPTERS, "README"])


def test_every_link_leads_to_a_place_of_the_manual_and_places_are_unique():
    anchors = Counter(re.findall(r'<h[23] id="([^"]*)"', all_text()))
    assert [anchor for anchor, number in anchors.items() if number > 1] == []
    links = re.findall(r'href="#([^"]*)"', all_text())
    assert len(links) > 30
    assert [link for link in links if unquote(link) not in anchors] == []
    files = {file.removesuffix(".md") for source in SOURCES.values() for file in re.findall(r"\]\((\w+\.md)", source)}
    assert files <= set(SOURCES)


def test_the_manual_speaks_of_every_page_of_the_menu():
    text = "".join(SOURCES.values())
    assert [entry.title for entry in (*GROUPS, *menu_items()) if entry.title not in text] == []


def test_buttons_and_menus_are_called_as_on_the_pages():
    assert len(bold_names()) > 100
    assert [(name, bold) for name, bold in bold_names() if bold not in names_of_the_interface()] == []


def test_no_list_of_the_manual_is_swallowed_by_a_paragraph():
    assert not re.search(r"(^|\s)\*\s|>\s*\d\. ", all_text())


# --- Pictures (made by `make manual`, tests/browser/test_manual.py) ---


def test_every_picture_of_the_manual_exists_and_is_named_in_it():
    named = set(re.findall(r"!\[[^\]]+\]\(pictures/(\w+)\.png\)", "".join(SOURCES.values())))
    assert named == set(pictures())


def test_pictures_are_small():
    sizes = {name: len(picture.data) for name, picture in pictures().items()}
    assert {name: size for name, size in sizes.items() if size > MOST_BYTES} == {}
    assert sum(sizes.values()) <= MOST_BYTES_TOGETHER


@pytest.mark.one_database
@pytest.mark.django_db
def test_a_picture_is_kept_by_the_browser_until_it_changes(leader, signed_in):
    name, picture = next(iter(pictures().items()))
    address = reverse("manual_picture", args=[picture.digest, name])
    assert f'src="{address}"' in all_text()
    answer = signed_in(leader).get(address)
    assert (answer["Content-Type"], answer.content) == ("image/png", picture.data)
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
    older = signed_in(leader).get(reverse("manual_picture", args=["0" * 12, name]))
    assert (older.content, older["Cache-Control"]) == (picture.data, "no-cache")
    assert signed_in(leader).get(reverse("manual_picture", args=[picture.digest, "nothing"])).status_code == 404


# --- The ? beside the heading (that it leads somewhere on every page: tests/architecture/test_urls.py) ---


@pytest.mark.one_database
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "place_in_manual"),
    [
        ("/", "县区填报员的一个月"),
        ("/uploads/", "上传表格"),
        ("/registers/organizations/duplicates/", "合并重复的记录"),
        ("/organizations/", "登记册"),
        ("/dashboard/", "看板"),
        ("/menu/progress/", "目标进展"),
        ("/notices/", "通知"),
    ],
)
def test_the_question_mark_leads_to_what_the_page_is_about(address, place_in_manual, clerk, signed_in):
    page = unquote(signed_in(clerk).get(address).content.decode())
    assert f'class="page-help" href="/manual/#{place_in_manual}"' in page
