"""Every line of the table of hostile input gets the answer that is right, in a page of ours, and changes nothing else."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from changelog.models import TrailRecord
from communities.models import Facility
from orgs.models import SocialOrganization
from tests.factories import PASSWORD, Place, make_organization, make_user, make_worker
from tests.hostile import table
from tests.hostile.table import TEXTS, Line
from tests.uploads.office import Send
from uploads.models import UploadBatch

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
SignedIn = Callable[[User], Client]
# What must never stand in a page: markup that was sent, a trace, something secret.
NEVER = re.compile(
    r"<script>alert|<img src=x|<svg/onload|<b onmouseover|Traceback \(most recent|/site-packages/|pbkdf2_sha256|root:x:0"
)


@pytest.fixture
def browser(clerk: User, signed_in: SignedIn) -> Client:
    client = signed_in(clerk)
    client.raise_request_exception = False
    return client


def walk(lines: Iterable[Line], ask: Callable[[Line], Any]) -> None:
    """Ask each line, and tell of all whose answer is not the right one."""
    wrong = []
    for line in lines:
        answer = ask(line)
        body = b"".join(answer.streaming_content) if getattr(answer, "streaming", False) else answer.content
        page = body.decode("utf-8", errors="replace")
        is_page = answer.headers.get("Content-Type", "").startswith("text/html")
        if answer.status_code not in line.status:
            wrong.append(f"{line.name}: status {answer.status_code} instead of {sorted(line.status)}")
        if is_page and (found := NEVER.search(page)):
            wrong.append(f"{line.name}: {found[0]} in the page")
        if line.says and line.says not in page:
            wrong.append(f"{line.name}: does not say {line.says}")
        if "\n" in answer.headers.get("Location", "") or "Set-Cookie: a=b" in str(answer.headers):
            wrong.append(f"{line.name}: a header was slipped in")
    assert not wrong, "\n".join(wrong)


def test_the_table_is_long_and_each_line_has_a_name_of_its_own() -> None:
    assert len(table.TABLE) >= 300
    names = [line.name for line in table.TABLE]
    assert len(set(names)) == len(names), sorted(name for name in names if names.count(name) > 1)


def test_addresses_that_nobody_has_linked_to(browser: Client) -> None:
    walk(table.PATHS, lambda line: browser.get(line.sent))


@pytest.mark.parametrize("page", ["communities:community_list", "orgs:list", "socialworkers:list", "uploads:list"])
def test_parameters(browser: Client, page: str) -> None:
    walk(table.PARAMETERS, lambda line: browser.get(reverse(page), line.sent))


def test_searches(browser: Client, place: Place) -> None:
    walk(table.SEARCHES, lambda line: browser.post(reverse("search"), {"q": line.sent}))
    walk(table.SEARCHES, lambda line: browser.get(reverse("search"), {"q": line.sent}))


def test_headers(clerk: User, signed_in: SignedIn) -> None:
    def ask(line: Line) -> Any:
        client = signed_in(clerk)
        client.raise_request_exception = False
        headers = {name.replace("_", "-"): value for name, value in line.headers.items()}
        if "Cookie" in headers:
            client = Client(raise_request_exception=False)
        return client.get(line.sent, headers=headers)

    walk(table.HEADERS, ask)
    assert not TrailRecord.objects.filter(device__contains="13812345678").exists()


def test_bodies_and_names_at_the_sign_in(clerk: User, place: Place, settings: Any) -> None:
    settings.SIGN_IN_STRANGERS_PER_MINUTE = 10_000
    numbers = itertools.count(1)

    def ask(line: Line) -> Any:
        # Each from an address of its own: what comes too often is refused whatever it is.
        client = Client(raise_request_exception=False, REMOTE_ADDR=f"10.9.0.{next(numbers)}")
        page = reverse("accounts:login")
        if line.way == "sign-in":
            return client.post(page, {"username": line.sent, "password": line.sent})
        data, kind = line.sent
        return client.generic("POST", page, data, kind)

    walk(table.BODIES, ask)


def test_where_a_sign_in_leads(clerk: User) -> None:
    def ask(line: Line) -> Any:
        page = reverse("accounts:login")
        answer = Client().post(page, {"username": clerk.username, "password": PASSWORD, "next": line.sent})
        # As a browser reads it: backslashes are slashes, and control characters and blanks around are left out.
        target = re.sub(r"[\t\r\n]", "", answer.headers["Location"]).strip().replace("\\", "/")
        assert urlsplit(urljoin(f"http://testserver{page}", target))[:2] == ("http", "testserver"), line.name
        return answer

    walk(table.NEXTS, ask)


def test_texts_in_the_fields_of_a_record(browser: Client, place: Place) -> None:
    def ask(line: Line) -> Any:
        organization = make_organization(place.communities[0])
        page = reverse("changelog:edit", args=["organizations", organization.ref])
        form = browser.get(page).context["form"]
        sent = {name: str(form[name].value() or "") for name in form.fields}
        return browser.post(page, sent | {"note": line.sent, "leader": line.sent[:40]}, follow=True)

    walk(table.FIELDS, ask)
    assert not any("\x00" in note for note in SocialOrganization.objects.values_list("note", flat=True))


def test_texts_in_cells_stay_texts_on_pages_and_in_exports(
    send: Send, clerk: User, browser: Client, place: Place
) -> None:
    import io

    import openpyxl

    rows: list[dict[str, Any]] = [
        {
            "社区名称": place.communities[0].name,
            "设施名称": f"室{number}",
            "建筑面积（㎡）": 5,
            "设施类型": "综合服务设施",
            "启用日期": "2017-01-01",
            "备注": line.sent[:300],
        }
        for number, line in enumerate(table.CELLS)
    ]
    answer = send("facilities", clerk, rows, commit="good")
    assert UploadBatch.objects.exists(), answer
    batch = UploadBatch.objects.get()
    for tab in ("", "errors", "warnings", "new"):
        page = browser.get(reverse("uploads:batch", args=[batch.ref]), {"tab": tab})
        assert page.status_code == 200
        assert not NEVER.search(page.content.decode())
    exported = browser.get(reverse("uploads:export", args=["facilities"]))
    sheet = openpyxl.load_workbook(io.BytesIO(exported.content)).worksheets[0]
    assert sheet.max_row > 4, f"nothing was brought in: {answer}"
    assert [cell.coordinate for row in sheet for cell in row if cell.data_type == "f"] == []


def test_texts_in_the_name_and_the_full_name_of_a_user(administrator: User, signed_in: SignedIn, place: Place) -> None:
    browser = signed_in(administrator)
    browser.raise_request_exception = False

    def ask(line: Line) -> Any:
        sent = {
            "username": line.sent,
            "full_name": line.sent,
            "role": "leader",
            "division": place.city.pk,
            "email": line.sent,
        }
        return browser.post(reverse("accounts:user_new"), sent, follow=True)

    before = User.objects.count()
    walk(table.USERS, ask)
    assert User.objects.count() == before, "such an e-mail address was taken"
    walk([Line("list", "user", "", frozenset({200}))], lambda _: browser.get(reverse("accounts:users")))


def test_reasons_for_seeing_personal_data(place: Place, signed_in: SignedIn) -> None:
    browser = signed_in(make_user("bureau_officer", place.city, may_unmask=True))
    browser.raise_request_exception = False
    worker = make_worker(place.communities[0])
    page = reverse("changelog:unmask", args=["workers", worker.ref])
    walk(table.REASONS, lambda line: browser.post(page, {"reason": line.sent}))
    walk([Line("record", "reason", "", frozenset({200}))], lambda _: browser.get(worker.get_absolute_url()))


def test_names_of_files(browser: Client, tmp_path: Path, place: Place) -> None:
    def ask(line: Line) -> Any:
        file = SimpleUploadedFile("x", b"PK\x05\x06" + b"\x00" * 18)
        file._name = line.sent  # past the basename that Django makes of a name
        return browser.post(reverse("uploads:new"), {"register": "facilities", "file": file})

    walk(table.FILE_NAMES, ask)
    for batch in UploadBatch.objects.all():
        page = browser.get(reverse("uploads:batch", args=[batch.ref]))
        assert not NEVER.search(page.content.decode()), batch.file_name
        sent = browser.get(reverse("uploads:original", args=[batch.ref]))
        disposition = sent.headers.get("Content-Disposition", "")
        assert "\r" not in disposition and "\n" not in disposition
        name = disposition.replace('\\"', "")  # a quotation mark as HTTP writes it
        assert not re.search(r'filename="[^"]*[/\\]', name), disposition


def test_files_that_are_no_workbooks_are_refused_in_words(browser: Client, clerk: User, tmp_path: Path, capsys) -> None:
    from tests.uploads.samples import upload

    refused = 0
    for line in table.FILES:
        path = tmp_path / "表.xlsx"
        path.write_bytes(line.sent)
        answer, status = upload(capsys, "facilities", path, clerk)
        assert status != 0, f"{line.name} was taken"
        assert "Traceback" not in str(answer), line.name
        refused += 1
    assert refused == len(table.FILES)
    assert not Facility.objects.exists()


def test_the_texts_of_the_table_reach_the_pages(browser: Client, place: Place) -> None:
    """What is looked for is really sent: the search shows the text as it was typed."""
    page = browser.get(reverse("search"), {"q": TEXTS["script"]}).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
