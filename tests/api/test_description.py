"""Tests of the description of the API (OpenAPI 3.1): complete, and made without a warning."""

from __future__ import annotations

import difflib
import json
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from changzhi_portal.api.endpoints import RegisterEndpoint
from changzhi_portal.api.routes import endpoints
from tests.api import stored as stored_description
from tests.api.writing import NEEDED, post


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    """Return the description; fails when making it warns."""
    with GENERATOR_STATS.silence():
        made: dict[str, Any] = SchemaGenerator(api_version="1").get_schema(request=None, public=True)
        assert not GENERATOR_STATS._warn_cache and not GENERATOR_STATS._error_cache
    return made


def test_the_stored_description_is_that_of_the_api(description):
    stored = stored_description.path().read_text(encoding="utf-8")
    made = stored_description.as_text(description)
    changed = difflib.unified_diff(stored.splitlines(), made.splitlines(), "docs/openapi.json", "now", lineterm="", n=2)
    shown = list(changed)
    assert not shown, "What programs see of the API has changed. If that is meant: make openapi\n" + "\n".join(
        shown[:80]
    )


def test_the_description_is_one_of_openapi_3_1(description):
    validate(json.loads(stored_description.as_text(description)), cls=OpenAPIV31SpecValidator)


def test_every_example_is_as_its_description_says(description):
    schemas = json.loads(stored_description.as_text(description))["components"]["schemas"]
    shown = {name: schema["examples"] for name, schema in schemas.items() if "examples" in schema}
    assert {"Problem", "Batch", "CommitSent", "SocialOrganizationNew"} <= set(shown)
    assert {"PatchedSocialOrganizationChange", "SocialOrganizationBatch", "SocialOrganizationWithRelatedPage"} <= set(
        shown
    )
    for name, examples in shown.items():
        judged = Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}})
        for example in examples:
            judged.validate(example)


@pytest.mark.django_db
@pytest.mark.parametrize("endpoint", [each for each in endpoints() if issubclass(each, RegisterEndpoint)])
def test_the_example_of_a_record_is_accepted(endpoint, place, clerk, signed_in):
    assert endpoint.example
    if endpoint.register.may_be_added:
        NEEDED.get(endpoint.slug, lambda place: None)(place)
        answer = post(signed_in(clerk), endpoint.slug, endpoint.example)
        assert answer.status_code == 201, answer.content.decode()
        said = set(endpoint.example) - {"community_name", "id_number"}  # completed, masked
        assert {name: answer.json()[name] for name in said} == {name: endpoint.example[name] for name in said}


def test_every_operation_says_who_may_call_it_and_what_else_it_answers(description):
    assert set(description["components"]["securitySchemes"]) == {"token", "cookieAuth"}
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            where, answers = f"{method} {path}", operation["responses"]
            assert {"cookieAuth"} <= {name for each in operation["security"] for name in each}, where
            assert set(answers["429"]["headers"]) == {"Retry-After"}, where
            assert set(answers["401"]["headers"]) == {"WWW-Authenticate"}, where
            for status, answer in answers.items():
                if status >= "400":
                    assert set(answer["content"]) == {"application/problem+json"}, where


def test_every_endpoint_is_described_with_all_of_its_filters(description):
    assert description["openapi"] == "3.1.0"
    for endpoint in endpoints():
        listed = description["paths"][f"/api/v1/{endpoint.slug}/"]["get"]
        named = {parameter["name"] for parameter in listed["parameters"]}
        assert named == {
            *endpoint.filterset.base_filters,
            *(each.name for each in endpoint.also_takes),
            *endpoint().shaping,
            *endpoint().ordering,
            "limit",
            "cursor",
        }
        has_records = any(address.path == "<slug:ref>/" for address in endpoint.addresses())
        assert (f"/api/v1/{endpoint.slug}/{{ref}}/" in description["paths"]) is has_records
        assert {"200", "400", "401", "403"} <= set(listed["responses"])


def test_every_write_is_described_with_its_body_headers_and_problems(description):
    paths = description["paths"]
    for endpoint in (each for each in endpoints() if issubclass(each, RegisterEndpoint)):
        address = f"/api/v1/{endpoint.slug}/"
        changed, many = paths[f"{address}{{ref}}/"]["patch"], paths[f"{address}bulk/"]["post"]
        assert ("post" in paths[address]) is endpoint.register.may_be_added
        assert {each["name"]: each["required"] for each in changed["parameters"][:1]} == {"If-Match": True}
        assert {"200", "400", "403", "404", "409", "412", "413", "415", "422", "428"} <= set(changed["responses"])
        assert set(changed["responses"]["200"]["headers"]) == {"ETag"} == set(changed["responses"]["412"]["headers"])
        assert set(changed["responses"]["412"]["content"]) == {"application/problem+json"}
        assert "Idempotency-Key" in {each["name"] for each in many["parameters"]}
        assert {"200", "409", "413", "422"} <= set(many["responses"])
        for operation in (changed, many):
            sent = operation["requestBody"]["content"]
            assert set(sent) == {"application/json"}
            component = sent["application/json"]["schema"]["$ref"].rpartition("/")[2]
            described = description["components"]["schemas"][component]
            assert described["additionalProperties"] is False
            assert not any(each.get("readOnly") for each in described["properties"].values())
    added = paths["/api/v1/organizations/"]["post"]
    assert set(added["responses"]["201"]["headers"]) == {"ETag", "Location", "Idempotency-Replayed"}
    new = description["components"]["schemas"]["SocialOrganizationNew"]["properties"]
    assert "ref" not in new and {"name", "confirm_warnings", "locked_reason"} <= set(new)


def test_choices_have_chinese_labels(description):
    assert "街道备案" in str(description["components"]["schemas"])
    [active] = [
        each for each in description["paths"]["/api/v1/organizations/"]["get"]["parameters"] if each["name"] == "active"
    ]
    assert set(active["schema"]["enum"]) == {"yes", "no"}
    assert "yes：在册" in active["description"]


@pytest.mark.django_db
def test_the_description_is_served_to_who_has_signed_in(clerk, signed_in):
    assert Client().get("/api/v1/openapi.json").status_code == 401
    answer = signed_in(clerk).get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert "/api/v1/organizations/" in answer.json()["paths"]


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post", "delete", "options"])
def test_an_address_without_anything_says_so(method, clerk, signed_in):
    assert Client().get("/api/v1/nothing/").status_code == 401
    answer = getattr(signed_in(clerk), method)("/api/v1/nothing/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
