"""The URL of a record is defined only by its model."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.urls import get_resolver

from changzhi_portal.pages import DetailPage
from changzhi_portal.records import Record
from tests.architecture.apps import modules, own_models

# Records without a page, which are only shown on pages of others.
WITHOUT_PAGE = {
    "accounts.SecondFactor",
    "communities.Contact",
    "communities.Division",
    "connections.ApiToken",
    "connections.Delivery",
    "connections.Webhook",  # its page lies below that of its client, which alone knows the address
    "connections.WebhookSecret",
    "frame.SavedView",
    "notices.Announcement",
    "reports.Briefing",  # its page is laid out by itself and is no page of facts and panels
    "reports.BriefingDelivery",
    "reports.BriefingSettings",
    "workload.AssessmentScheme",
}
RECORDS = [model for model in own_models() if issubclass(model, Record)]
PAGES = {model.record_page: model for model in RECORDS if model.record_page}


def test_every_record_has_a_page_but_those_that_are_known_to_have_none():
    assert {model._meta.label for model in RECORDS if not model.record_page} == WITHOUT_PAGE


@pytest.mark.parametrize("model", [model for model in RECORDS if model.record_page], ids=lambda model: model.__name__)
def test_the_page_of_a_record_shows_records_of_its_kind(model):
    address = model(ref="abcdefgh12345").get_absolute_url()
    assert address == model.url_of("abcdefgh12345")
    page = get_resolver().resolve(address).func.view_class
    assert issubclass(page, DetailPage)
    assert page.queryset.model is model


def test_a_record_that_is_not_named_has_no_address():
    assert PAGES["orgs:detail"].url_of("") == ""


def test_nobody_else_names_the_page_of_a_record():
    name = re.compile("|".join(rf"[\"']{re.escape(page)}[\"']" for page in PAGES))
    root = settings.BASE_DIR
    files = [root / path for path in modules() if "models" not in str(path)]
    files += (root / "templates").rglob("*.html")
    assert [str(file.relative_to(root)) for file in files if name.search(file.read_text())] == []
