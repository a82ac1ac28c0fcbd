"""Other programs that read a workbook of the portal and write it anew, each in every format that it can write."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

HERE = Path(__file__).parent
SECONDS = 300  # for one program and one format


@dataclass(frozen=True)
class Job:
    """One workbook to be written anew; formats of one table get the sheet of this name."""

    source: Path
    target: Path
    sheet: str


class Program(ABC):
    """A program with the formats that it writes: the name in the matrix, and the ending of the file."""

    name: ClassVar[str]
    formats: ClassVar[Mapping[str, str]]

    @abstractmethod
    def version(self) -> str:
        """Return the version; raise OSError or CalledProcessError if the program is missing."""

    @abstractmethod
    def convert(self, kind: str, jobs: Sequence[Job]) -> None:
        """Write every job's target in one of the formats; a target that the program cannot write is left out."""


def interop_dir() -> Path:
    """Return the folder of scripts/install_interop."""
    return Path(os.environ["INTEROP_DIR"])


def _run(*command: str | Path, **options: object) -> str:
    """Return what a program prints; what it says on standard error about single files is passed on."""
    done = subprocess.run(
        [str(each) for each in command], capture_output=True, text=True, check=True, timeout=SECONDS, **options
    )
    if done.stderr and "convert" in command:
        print(done.stderr.strip())
    return done.stdout


class LibreOffice(Program):
    """LibreOffice Calc, which converts all files of a format in one start."""

    name = "LibreOffice"
    formats = {
        ".xlsx": "xlsx",
        ".xls": "xls",
        ".ods": "ods",
        ".fods": "fods",
        ".csv": "csv",
        ".html": "html",
        ".csv, opened again, .xlsx": "xlsx",
    }
    # UTF-8, quotes where needed, values as shown, every sheet in a file of its own.
    _CSV: ClassVar[str] = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    _FILTERS: ClassVar[Mapping[str, str]] = {
        ".xlsx": "xlsx:Calc MS Excel 2007 XML",
        ".xls": "xls:MS Excel 97",
        ".ods": "ods:calc8",
        ".fods": "fods:OpenDocument Spreadsheet Flat XML",
        ".csv": _CSV,
        ".html": "html:HTML (StarCalc)",
    }

    def version(self) -> str:
        """Return the version of the package."""
        return _run("soffice", "--version").split()[1]

    def convert(self, kind: str, jobs: Sequence[Job]) -> None:
        """Convert with a profile of its own, so that a LibreOffice that is running does not take the files over."""
        with tempfile.TemporaryDirectory() as scratch:
            if "opened again" in kind:
                tables = [Job(job.source, Path(scratch) / f"{job.target.stem}.csv", job.sheet) for job in jobs]
                self.convert(".csv", tables)
                again = [Job(table.target, job.target, job.sheet) for table, job in zip(tables, jobs, strict=True)]
                self._convert(self._FILTERS[".xlsx"], again, scratch, "--infilter=CSV:44,34,76,1")
            else:
                self._convert(self._FILTERS[kind], jobs, scratch)

    @staticmethod
    def _convert(filter_name: str, jobs: Sequence[Job], scratch: str, *options: str) -> None:
        out = Path(scratch) / "out"
        out.mkdir(exist_ok=True)
        ending = filter_name.split(":")[0]
        # Names of its own, because several jobs may have the same source.
        inputs = [Path(scratch) / f"{job.target.stem}-{number}{job.source.suffix}" for number, job in enumerate(jobs)]
        for job, path in zip(jobs, inputs, strict=True):
            shutil.copy(job.source, path)
        profile = f"-env:UserInstallation=file://{scratch}/profile"
        _run("soffice", profile, "--headless", *options, "--convert-to", filter_name, "--outdir", out, *inputs)
        for job, path in zip(jobs, inputs, strict=True):
            made = out / f"{path.stem}-{job.sheet}.csv" if ending == "csv" else out / f"{path.stem}.{ending}"
            if made.exists():
                shutil.move(made, job.target)


class Gnumeric(Program):
    """Gnumeric, by its command ssconvert."""

    name = "Gnumeric"
    formats = {
        ".xlsx": "xlsx",
        ".xls": "xls",
        ".xls (Excel 95)": "xls",
        ".ods": "ods",
        ".csv": "csv",
        ".html": "html",
    }
    _EXPORTERS: ClassVar[Mapping[str, str]] = {
        ".xlsx": "Gnumeric_Excel:xlsx2",
        ".xls": "Gnumeric_Excel:excel_biff8",
        ".xls (Excel 95)": "Gnumeric_Excel:excel_biff7",
        ".ods": "Gnumeric_OpenCalc:odf",
        ".csv": "Gnumeric_stf:stf_assistant",
        ".html": "Gnumeric_html:html40",
    }

    def version(self) -> str:
        """Return the version of ssconvert."""
        done = subprocess.run(["ssconvert", "--version"], capture_output=True, text=True, check=True)
        return (done.stdout + done.stderr).split("version")[1].split()[0].strip("'‘’\"")

    def convert(self, kind: str, jobs: Sequence[Job]) -> None:
        """Convert file by file."""
        for job in jobs:
            options = ["-O", f"sheet={job.sheet} separator=, format=preserve"] if kind == ".csv" else []
            _run("ssconvert", f"--export-type={self._EXPORTERS[kind]}", *options, job.source, job.target)


class Library(Program):
    """A library with a script of ours that reads and writes with it; the script gets all jobs at once as JSON."""

    def __init__(self, name: str, formats: Mapping[str, str], package: str = "") -> None:
        self.name = name  # type: ignore[misc]
        self.formats = formats  # type: ignore[misc]
        self._package = package or name

    def command(self) -> list[str | Path]:
        """Return the interpreter and the script."""
        raise NotImplementedError

    def version(self) -> str:
        """Return the version of the package, as the script prints it."""
        return _run(*self.command(), "version", self._package, env=self._environment()).strip()

    def convert(self, kind: str, jobs: Sequence[Job]) -> None:
        """Hand the jobs to the script."""
        plain = [{"source": str(job.source), "target": str(job.target), "sheet": job.sheet} for job in jobs]
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
            json.dump(plain, file, ensure_ascii=False)
            file.flush()
            _run(*self.command(), "convert", self.name, kind, file.name, env=self._environment())

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "NODE_PATH": str(interop_dir() / "node" / "node_modules")}


class PythonLibrary(Library):
    """A Python library, in the virtual environment of scripts/install_interop."""

    def command(self) -> list[str | Path]:
        """Return the interpreter and the script."""
        return [interop_dir() / "python" / "bin" / "python", HERE / "rewriters" / "rewrite.py"]


class NodeLibrary(Library):
    """A JavaScript library."""

    def command(self) -> list[str | Path]:
        """Return the interpreter and the script."""
        return ["node", HERE / "rewriters" / "rewrite.js"]


class PerlLibrary(Library):
    """A Perl module that only writes: what openpyxl reads is written with it, numbers and days as such."""

    def command(self) -> list[str | Path]:
        """Return the interpreter and the script."""
        return ["perl", HERE / "rewriters" / "rewrite.pl"]

    def convert(self, kind: str, jobs: Sequence[Job]) -> None:
        """Replace each source by its cells as JSON, and hand these to the script."""
        with tempfile.TemporaryDirectory() as scratch:
            cells = [Job(job.source, Path(scratch) / f"{number}.json", job.sheet) for number, job in enumerate(jobs)]
            PythonLibrary("cells", {}).convert(".json", cells)
            with_cells = [Job(each.target, job.target, job.sheet) for each, job in zip(cells, jobs, strict=True)]
            super().convert(kind, with_cells)


_SHEETJS = {
    ".xlsx": "xlsx",
    ".xls": "xls",
    ".xls (Excel 95)": "xls",
    ".xls (XML of 2003)": "xls",
    ".ods": "ods",
    ".fods": "fods",
    ".csv": "csv",
    ".html": "html",
}
_TABLE = {".xlsx": "xlsx", ".csv": "csv"}
PROGRAMS: tuple[Program, ...] = (
    LibreOffice(),
    Gnumeric(),
    NodeLibrary("SheetJS", _SHEETJS, "xlsx"),
    NodeLibrary("SheetJS, cellDates", _SHEETJS, "xlsx"),
    NodeLibrary("exceljs", _TABLE),
    PythonLibrary("openpyxl", {".xlsx": "xlsx"}),
    PythonLibrary("pandas, whole sheets", {**_TABLE, ".html": "html"}, "pandas"),
    PythonLibrary("pandas, header and rows", {**_TABLE, ".html": "html"}, "pandas"),
    PythonLibrary("polars", _TABLE),
    PythonLibrary("XlsxWriter", {".xlsx": "xlsx"}),
    PythonLibrary("xlwt", {".xls": "xls"}),
    PythonLibrary("pyexcel", {".xlsx": "xlsx", ".xls": "xls", ".ods": "ods", ".csv": "csv"}),
    PythonLibrary("tablib", {".xlsx": "xlsx", ".xls": "xls", ".ods": "ods", ".csv": "csv", ".html": "html"}),
    PerlLibrary("Spreadsheet::WriteExcel", {".xls": "xls"}),
    PerlLibrary("Excel::Writer::XLSX", {".xlsx": "xlsx"}),
)
