"""Tests of the files inside a PDF, and that the same issue is the same file wherever it is printed."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pikepdf
import pymupdf
import pytest
from pypdf import PdfReader

from reports.pdf import Attachment, print_markup
from tests.reports.pdf.pages import page_of

pytestmark = pytest.mark.one_database

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILES = (
    Attachment("数据.xlsx", XLSX, b"PK\x03\x04" * 50, "本期简报全部数据（表格）"),
    Attachment("figures.json", "application/json", '{"期": 6}'.encode(), "本期简报全部数据", relationship="Source"),
)
DOCUMENT = page_of("<h1>标题</h1><p>正文。</p>")
# Prints the same document in a process of its own, where dictionaries and sets have another order.
ANOTHER_PROCESS = """
import django, hashlib, sys
django.setup()
from tests.reports.pdf.test_attachments import DOCUMENT, FILES
from reports.pdf import print_markup
print(hashlib.sha256(print_markup(DOCUMENT, attachments=FILES)).hexdigest())
"""


@pytest.fixture(scope="module")
def printed() -> bytes:
    return print_markup(DOCUMENT, attachments=FILES)


def test_every_reader_takes_the_files_out_as_they_were_put_in(printed):
    wanted = {file.name: file.content for file in FILES}
    assert {name: content for name, (content, *_) in PdfReader(io.BytesIO(printed)).attachments.items()} == wanted
    with pymupdf.open(stream=printed) as document:
        assert [document.embfile_get(number) for number in range(document.embfile_count())] == [
            wanted["figures.json"],
            wanted["数据.xlsx"],
        ]
        assert document.embfile_info(1)["description"] == "本期简报全部数据（表格）"


def test_a_file_says_what_it_is_to_the_document(printed):
    with pikepdf.open(io.BytesIO(printed)) as document:
        specifications = list(document.Root.AF)
        assert [str(one.UF) for one in specifications] == ["figures.json", "数据.xlsx"]
        json, xlsx = specifications
        assert (json.AFRelationship, xlsx.AFRelationship) == ("/Source", "/Data")
        assert xlsx.EF.F.Subtype == f"/{XLSX}"
        assert int(xlsx.EF.F.Params.Size) == 200
        assert str(xlsx.EF.F.Params.ModDate) == str(xlsx.EF.F.Params.CreationDate) == "D:20171101000000Z"
        names = list(document.Root.Names.EmbeddedFiles.Names)
        assert [bytes(name) for name in names[::2]] == sorted(bytes(name) for name in names[::2])


def test_a_document_without_files_has_no_list_of_them():
    with pikepdf.open(io.BytesIO(print_markup(DOCUMENT))) as document:
        assert "/AF" not in document.Root and "/Names" not in document.Root


@pytest.mark.parametrize("seed", ["1", "2"])
def test_another_process_prints_the_same_bytes(printed, seed):
    run = subprocess.run(
        [sys.executable, "-c", ANOTHER_PROCESS],
        env={**os.environ, "PYTHONHASHSEED": seed},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split()[-1] == hashlib.sha256(printed).hexdigest()
