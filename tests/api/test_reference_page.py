"""Tests of the page that says what the API takes and answers."""

from __future__ import annotations

import pytest
from django.test import Client

from changzhi_portal.api.description import description, kinds
from changzhi_portal.api.routes import endpoints

pytestmark = pytest.mark.django_db


def test_every_operation_is_on_the_page_with_its_parameters_and_fields(clerk, signed_in):
    page = signed_in(clerk).get("/api/").content.decode()
    for endpoint in endpoints():
        assert f"/api/v1/{endpoint.slug}/" in page
        assert endpoint.title in page
    shown = {operation.anchor: operation for kind in kinds() for operation in kind.operations}
    assert len(shown) == sum(len(methods) for methods in description()["paths"].values())
    listed = shown["organizations_list"]
    assert {"q", "county", "limit"} <= {each.name for each in listed.parameters}
    fields = {each.name: each for each in listed.answers}
    assert (fields["results[].established_on"].kind, fields["next"].kind) == ("日期，可空", "地址，可空")
    assert "registered，登记" in fields["results[].registration"].meaning.replace(" - ", "，")
    # Nothing is loaded from elsewhere.
    assert "//cdn" not in page
    assert '<script src="http' not in page


def test_visitors_are_led_to_the_sign_in_page(db):
    assert Client().get("/api/").status_code == 302
