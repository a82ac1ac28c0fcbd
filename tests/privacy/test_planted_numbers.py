"""Known numbers are planted through the real pages, and then stand nowhere in clear: no table, file, log, mail or page.

The whole way of a spreadsheet is walked, with numbers in their own columns, in wrong ones, in the name of the file, in
reasons and searches; after it every row of every table and every byte below VAR_DIR is looked through.
"""

from __future__ import annotations

import io
import json
import logging
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as portal_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from changelog.models import ChangeSet
from changelog.trail import seal_waiting
from changzhi_portal.logs import make_formatter
from notices.actions import Message, notify, send_waiting_mail
from socialworkers.models import SocialWorker
from tests.changelog.forms import input_of
from tests.factories import id_number, make_facility, make_user
from tests.socialworkers.test_sheets import row as worker_row
from tests.uploads.office import write_workbook
from uploads import actions
from uploads.models import UploadBatch

pytestmark = pytest.mark.django_db(transaction=True)
PLANTED = {
    "id of a good row": id_number(7001),
    "phone of a good row": "19912347001",
    "id of a bad row": id_number(7002),
    "id with a wrong check character": f"{id_number(7003)[:17]}{'1' if id_number(7003)[17] != '1' else '2'}",
    "phone with a digit too many": "199123470044",
    "id in the notes": id_number(7005),
    "phone in the position": "19912347006",
    "first correction": "19912347007",
    "last correction": "19912347008",
    "phone after an edit": "19912347009",
    "phone of a user": "19912347010",
    "phone in the file's name": "19912347011",
    "phone in a reason": "19912347012",
    "number in an address": "19912347013",
    "id in the search": id_number(7014),
    "e-mail address": "19912347015",
}


class Walk:
    """Browsers that look at every page they get: no planted number stands in one, except where it is allowed."""

    def __init__(self, signed_in: Callable[[User], Client]) -> None:
        self._signed_in = signed_in
        self.pages = 0

    def get(self, user: User, address: str, query: Any = None, *, status: int = 200, may_show: Any = ()) -> Any:
        return self._looked(self._signed_in(user).get(address, query or {}, follow=True), status, may_show)

    def post(self, user: User, address: str, values: Any, *, status: int = 200, may_show: Any = ()) -> Any:
        return self._looked(self._signed_in(user).post(address, values, follow=True), status, may_show)

    def _looked(self, answer: Any, status: int, may_show: Any) -> Any:
        assert answer.status_code == status, answer.content.decode()[:2000] if not answer.streaming else status
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        answer.body = body
        found = planted_in(body) - set(may_show)
        assert not found, f"{answer.request['PATH_INFO']} shows {found}"
        for step, _ in answer.redirect_chain:
            assert not planted_in(step.encode()), "an address holds a number"
        self.pages += 1
        return answer


def planted_in(data: bytes) -> set[str]:
    """Return which planted numbers stand in bytes: plain, as UTF-16, or inside a zipped or PDF file."""
    texts = [data]
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            texts += [parts.read(name) for name in parts.namelist()]
    if data[:4] == b"%PDF":
        texts.append(text_of_pdf(data))
    return {
        name
        for name, number in PLANTED.items()
        if any(number.encode(encoding) in text for text in texts for encoding in ("utf-8", "utf-16-le", "utf-16-be"))
    }


def text_of_pdf(data: bytes) -> bytes:
    if shutil.which("pdftotext") is None:
        pytest.skip("NOT CHECKED: pdftotext is missing (apt-get install poppler-utils)")
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(data)
        file.flush()
        return subprocess.run(["pdftotext", file.name, "-"], capture_output=True, check=True).stdout


def tables() -> Iterator[tuple[str, str]]:
    """Yield every table with all that its rows hold, as text."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            yield table, json.dumps(cursor.fetchall(), default=_as_text, ensure_ascii=False)


def _as_text(value: Any) -> str:
    return bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Return what the portal's processes would write to standard error, in both forms."""
    written = io.StringIO()
    handlers = [logging.StreamHandler(written) for _ in range(2)]
    for handler, as_json in zip(handlers, (True, False), strict=True):
        handler.setFormatter(make_formatter(as_json=as_json))
        logging.getLogger().addHandler(handler)
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    yield written
    root.setLevel(level)
    for handler in handlers:
        root.removeHandler(handler)


@pytest.fixture
def workbook(tmp_path: Path) -> bytes:
    rows = [
        worker_row(
            "和平社区", 身份证号=PLANTED["id of a good row"], 联系电话=PLANTED["phone of a good row"], 岗位="", 备注=""
        ),
        worker_row(
            "和平社区", 姓名="李演示", 身份证号=PLANTED["id of a bad row"],
            联系电话=PLANTED["phone with a digit too many"],
        ),
        worker_row("和平社区", 姓名="王演示", 身份证号=PLANTED["id with a wrong check character"]),
        worker_row(
            "和平社区", 姓名="赵演示", 身份证号=id_number(7099), 岗位=PLANTED["phone in the position"],
            备注=f"原身份证{PLANTED['id in the notes']}",
        ),
    ]  # fmt: skip
    path = write_workbook(tmp_path / "sent.xlsx", rows)
    data = path.read_bytes()
    path.unlink()
    return data


def test_planted_numbers_stand_nowhere_in_clear(place, period, clerk, signed_in, log, workbook, tmp_path):
    make_facility(place.communities[0])
    clerk.may_unmask = False
    clerk.save()
    admin = make_user("bureau_admin", place.city, may_unmask=True)
    walk = Walk(signed_in)
    temporary = set(Path(tempfile.gettempdir()).iterdir())

    # A user with a telephone, and with an address that is one.
    walk.post(
        admin,
        reverse("accounts:user_edit", args=[clerk.ref]),
        {
            "full_name": "李演示", "role": "district_clerk", "division": clerk.division.code, "version": clerk.version,
            "phone": PLANTED["phone of a user"], "email": f"{PLANTED['e-mail address']}@example.invalid",
        },
        may_show={"e-mail address"},
    )  # fmt: skip
    clerk = User.objects.get(pk=clerk.pk)
    assert clerk.phone.reveal() == PLANTED["phone of a user"]

    # A file, from the upload to the marked workbook.
    file = SimpleUploadedFile("社工" + PLANTED["phone in the file's name"] + ".xlsx", workbook)
    walk.post(clerk, reverse("uploads:new"), {"register": "workers", "period": "", "file": [file]})
    batch = UploadBatch.objects.get()
    actions.check_queued_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.errors) == (UploadBatch.State.CHECKED, 3), batch.problem_counts
    page = reverse("uploads:batch", args=[batch.ref])
    for tab in ("", "new", "errors", "problems", "all"):
        walk.get(clerk, page, {"tab": tab} if tab else {})
    for position in range(1, 5):
        walk.get(clerk, reverse("uploads:correct", args=[batch.ref]), {"row": position})
    correct = reverse("uploads:correct", args=[batch.ref])
    for text in ("first correction", "last correction"):
        actions.correct_row(batch=batch, position=2, texts={"phone": PLANTED[text]}, by=clerk)
    walk.post(
        clerk,
        correct,
        {"row": "3", "field": "name", "text": PLANTED["phone in a reason"], "back": "tab=errors"},
        status=422,
        may_show={"phone in a reason"},
    )
    own = {name for name in PLANTED if "row" in name or "id" in name or "phone in the position" in name} | {
        "phone with a digit too many",
        "last correction",
    }
    marked = reverse("uploads:annotated", args=[batch.ref])
    assert planted_in(walk.get(clerk, marked, may_show=own).body), "the uploader's own workbook comes back whole"
    colleague = make_user("district_clerk", place.county)
    for address in (marked, reverse("uploads:original", args=[batch.ref])):
        walk.get(colleague, address, status=403)
    walk.get(colleague, page)

    # Commit, edit, undo; history, lists, search, exports.
    batch.refresh_from_db()
    actions.request_commit(batch=batch, mode="good", by=clerk, queue=False)
    actions.commit_batch(batch)
    worker = SocialWorker.objects.order_by("pk").first()
    assert worker.id_number.reveal() == PLANTED["id of a good row"]
    edit = reverse("changelog:edit", args=["workers", worker.ref])
    form = walk.get(clerk, edit).context["form"]
    values = input_of(form, {"phone": PLANTED["phone after an edit"]})
    answer = walk.post(clerk, edit, values, may_show={"phone after an edit"})
    if not answer.redirect_chain:  # asked once more, because of a warning
        walk.post(clerk, edit, input_of(answer.context["form"], {"previewed": answer.context["previewed"]}))
    assert SocialWorker.objects.get(pk=worker.pk).phone.reveal() == PLANTED["phone after an edit"]
    change_set = ChangeSet.objects.order_by("-pk").first()
    undo = reverse("changelog:undo", args=[change_set.ref])
    walk.get(clerk, undo)
    walk.post(clerk, undo, {"seen": "1"})
    walk.get(clerk, worker.get_absolute_url())
    walk.get(clerk, reverse("socialworkers:list"))
    for name in ("id of a good row", "phone of a good row", "id in the search"):
        walk.post(clerk, reverse("search"), {"q": PLANTED[name]})
    walk.get(clerk, reverse("uploads:export", args=["workers"]))
    walk.get(clerk, reverse("uploads:template", args=["workers"]), {"filled": "1"})
    batch.refresh_from_db()
    actions.drop_rest(batch=batch, by=clerk)

    # What is refused, and pages that are not there.
    walk.get(clerk, reverse("search"), {"q": PLANTED["number in an address"]}, status=422)
    walk.get(clerk, f"/workers/{PLANTED['number in an address']}/", status=404, may_show={"number in an address"})
    bad = {"id_number": PLANTED["id of a good row"], "reason": f"打{PLANTED['phone in a reason']}问过"}
    subject = reverse("privacy:subject")
    walk.post(admin, subject, bad, status=422, may_show={"id of a good row", "phone in a reason"})
    walk.post(admin, subject, bad | {"reason": "本人来查询"})
    unmask = reverse("changelog:unmask", args=["workers", worker.ref])
    shown = walk.post(admin, unmask, {"reason": "核对本人证件"}, may_show={"id of a good row", "phone of a good row"})
    assert planted_in(shown.body), "who has the right and gives a reason sees it"

    # Notices and mail, a briefing.
    with transaction.atomic():
        notify([Message(user=clerk, title="演示", text="演示", url="/")])
    send_waiting_mail()
    briefing = tmp_path / "briefing.pdf"
    call_command("brief", "--period", "2018-06", "--output", str(briefing))
    assert not planted_in(briefing.read_bytes())
    seal_waiting()

    # Undo the upload, then look everywhere.
    batch.refresh_from_db()
    actions.request_undo(batch=batch, by=clerk, queue=False)
    actions.undo_batch(batch)
    assert walk.pages > 30
    for table, text in tables():
        found = planted_in(text.encode()) - ({"e-mail address"} if table == "accounts_user" else set())
        assert not found, f"table {table} holds {found}"
    for path in [*Path(portal_settings.VAR_DIR).rglob("*"), *Path(portal_settings.MEDIA_ROOT).rglob("*")]:
        data = path.name.encode() + (path.read_bytes() if path.is_file() else b"")
        # The mail goes to the address; the database file holds it as well.
        allowed = {"e-mail address"} if "mail" in path.parts or path.name.startswith("test.sqlite3") else set()
        assert not planted_in(data) - allowed, f"{path} holds {planted_in(data) - allowed}"
    left = set(Path(tempfile.gettempdir()).iterdir()) - temporary
    for path in left:
        if path.is_file():
            assert not planted_in(path.name.encode() + path.read_bytes()), path
    assert log.getvalue().count("\n") > 20
    assert not planted_in(log.getvalue().encode()), f"the log holds {planted_in(log.getvalue().encode())}"
