"""The workbooks that the portal hands out: filled templates, exports, and uploads with their problems marked."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.core.management import CommandError, call_command

from accounts.models import User
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import register_named
from tests.factories import make_period
from uploads.models import UploadBatch
from uploads.writing.annotated import annotated_workbook
from uploads.writing.template import write_export, write_template

MONTH = "2018-06"
REGISTERS = ("communities", "facilities", "organizations", "workers", "projects")
KINDS = ("template", "export", "marked")
# A choice that every template has in its first rows, and which is made wrong for the marked workbook.
_CHOICES = {
    "communities": "城市社区",
    "facilities": "综合服务设施",
    "organizations": "社区服务类",
    "workers": "助理社会工作师",
    "projects": "履约中",
}


@dataclass(frozen=True)
class Counters:
    """The numbers that `manage.py upload --json` prints for a file; `refused` is the sentence if none was read."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    errors: int = 0
    warnings: int = 0
    refused: str = ""
    problems: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.refused:
            return "refused"
        return f"{self.new}/{self.changed}/{self.unchanged}/{self.errors}"

    def is_like(self, other: Counters) -> bool:
        """Return whether both files say the same to the registers; warnings may differ."""
        return str(self) == str(other)


@dataclass(frozen=True)
class Source:
    """A workbook of the portal, and what uploading it unchanged says."""

    kind: str
    register: str
    sheet: str
    path: Path
    counters: Counters


def make_sources(clerk: User, folder: Path, registers: Sequence[str] = REGISTERS) -> list[Source]:
    """Write the workbooks of these registers into a folder, and upload each of them as it is."""
    period = make_period(MONTH)
    sources = []
    for name in registers:
        register = register_named(name)()
        template = write_template(register, division=clerk.division, period=period, by=clerk, filled=True)
        contents = {
            "template": template,
            "export": write_export(register, division=clerk.division, by=clerk).data,
            "marked": _marked(register, template, clerk, folder),
        }
        for kind in KINDS:
            path = folder / f"{name}-{kind}.xlsx"
            path.write_bytes(contents[kind])
            sources.append(Source(kind, name, str(register.title), path, upload(name, path, clerk)))
    return sources


def upload(register: str, path: Path, clerk: User) -> Counters:
    """Return what `manage.py upload --json` says about a file; nothing is committed."""
    output = io.StringIO()
    try:
        call_command("upload", register, str(path), as_=clerk.username, period=MONTH, json=True, stdout=output)
    except CommandError as error:
        if not output.getvalue():
            return Counters(refused=str(error))
    answer = json.loads(output.getvalue())
    problems = tuple(f"{each['cell']} {each['column']}: {each['message']}" for each in answer["problems"])
    if answer["state"] == UploadBatch.State.REJECTED:
        return Counters(refused="; ".join(problems) or "refused", problems=problems)
    names = ("new", "changed", "unchanged", "errors", "warnings")
    return Counters(**{name: answer[name] for name in names}, problems=problems)


def _marked(register: RegisterSheet, template: bytes, clerk: User, folder: Path) -> bytes:
    """Return a filled template with one wrong choice, as the portal hands it back."""
    path = folder / f"{register.name}-wrong.xlsx"
    path.write_bytes(_with_wrong_choice(template, _CHOICES[register.name]))
    upload(register.name, path, clerk)
    batch = UploadBatch.objects.filter(register=register.name).latest("pk")
    with annotated_workbook(batch, by=clerk) as file:
        return file.read()


def _with_wrong_choice(data: bytes, choice: str) -> bytes:
    """Return a workbook whose first cell with this text says something else; its other bytes are not touched."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as changed:
        for item in source.infolist():
            content = source.read(item)
            if item.filename == "xl/worksheets/sheet1.xml":
                content, number = re.subn(rf"<t>{choice}</t>".encode(), "<t>天上</t>".encode(), content, count=1)
                if not number:
                    raise ValueError(f"No cell says {choice}.")
            changed.writestr(item, content)
    return target.getvalue()
