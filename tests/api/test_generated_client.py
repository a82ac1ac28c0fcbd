"""A Python client that is generated from the description, as a programmer of another system has it, at work on the portal."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from openapi_python_client import Config, MetaType, generate
from openapi_python_client.config import ConfigFile

from orgs.models import SocialOrganization
from tests.api import stored
from tests.connections.clients import make_token
from tests.factories import make_organization

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]
NAME = "generated_portal_client"


@pytest.fixture
def generated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Return the package of a client that is generated now; fails for all that the generator cannot make something of."""
    options = ConfigFile(package_name_override=NAME, post_hooks=[])
    source = stored.path()
    config = Config.from_sources(options, MetaType.NONE, source, "utf-8", True, output_path=tmp_path / NAME)
    errors = generate(config=config)
    assert not errors, [f"{error.header}: {error.detail}" for error in errors]
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module(NAME)
    for name in [each for each in sys.modules if each.partition(".")[0] == NAME]:
        del sys.modules[name]


def test_a_generated_client_reads_writes_and_meets_problems(generated, live_server, place):
    for number in range(5):
        make_organization(place.communities[0], f"演示{number}队")
    text = make_token(place.county, "registers:read", "registers:write").text

    def operation(name: str) -> Any:
        return importlib.import_module(f"{NAME}.api.organizations.organizations_{name}")

    models = importlib.import_module(f"{NAME}.models")
    with generated.AuthenticatedClient(base_url=live_server.url, token=text) as client:
        # A list, page by page, filtered by a choice.
        rows, cursor = [], {}
        while cursor is not None:
            page = operation("list").sync(client=client, limit=2, active=models.OrganizationsListActive.YES, **cursor)
            rows += page.results
            cursor = page.next_ and {"cursor": parse_qs(urlsplit(page.next_).query)["cursor"][0]}
        assert {row.ref for row in rows} == set(SocialOrganization.objects.values_list("ref", flat=True))
        # One record, which is changed as it was read, once.
        read = operation("retrieve").sync_detailed(rows[0].ref, client=client)
        etag, body = read.headers["ETag"], models.PatchedSocialOrganizationChange(leader="张演示")
        changed = operation("update").sync(rows[0].ref, client=client, body=body, if_match=etag)
        assert (changed.leader, changed.version) == ("张演示", read.parsed.version + 1)
        stale = operation("update").sync_detailed(rows[0].ref, client=client, body=body, if_match=etag)
        assert (stale.status_code, stale.parsed.code) == (412, "precondition_failed")
        # A new one.
        new = models.SocialOrganizationNew.from_dict(
            {
                **{"county": "城区", "town": "东街街道办事处", "community_name": "和平社区", "name": "演示合唱团"},
                **{"registration": "filed", "category": "culture_sports", "established_on": "2015-03-02"},
            }
        )
        created = operation("create").sync_detailed(client=client, body=new, idempotency_key="k-1")
        assert (created.status_code, created.parsed.name) == (201, "演示合唱团")
        assert created.headers["Location"].endswith(f"/{created.parsed.ref}/")
        # What is refused is a problem, with its fields.
        refused = operation("create").sync(client=client, body=models.SocialOrganizationNew(name="演示"))
        assert isinstance(refused, models.Problem)
        assert (refused.status, refused.code) == (422, "invalid")
        assert "county" in {each.to_dict()["field"] for each in refused.errors}
    with generated.AuthenticatedClient(base_url=live_server.url, token="cz_wrong") as client:
        assert operation("list").sync(client=client).code == "invalid_token"
