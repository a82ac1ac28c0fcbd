"""Tests of the manual inside the portal: it is complete and uses the names of the menu."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.urls import reverse

from changzhi_portal.menu import GROUPS, menu_items
from changzhi_portal.pages.manual import manual


@pytest.mark.django_db
def test_everybody_finds_the_manual_from_every_page(clerk, leader, signed_in):
    for user in (clerk, leader):
        assert f'href="{reverse("manual")}"' in signed_in(user).get(reverse("home")).content.decode()
        page = signed_in(user).get(reverse("manual")).content.decode()
        assert '<h2 id="二、上传表格（填报员）">' in page
        assert 'href="#二、上传表格（填报员）"' in page
        assert "<table>" in page and "<strong>空白和零不一样。</strong>" in page


def test_the_manual_speaks_of_every_page_of_the_menu():
    text = (settings.BASE_DIR / "docs" / "manual.md").read_text(encoding="utf-8")
    assert [entry.title for entry in (*GROUPS, *menu_items()) if entry.title not in text] == []


def test_no_list_of_the_manual_is_swallowed_by_a_paragraph():
    assert not re.search(r"(^|\s)\*\s|>\s*\d\. ", manual().text)
