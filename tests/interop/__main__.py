"""`make interop`: sends the portal's workbooks through other programs and back, and writes docs/interop.md."""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()
logging.disable(logging.CRITICAL)

from django.core.management import call_command  # noqa: E402

from accounts.models import User  # noqa: E402
from tests.interop.faults import FAULTS  # noqa: E402
from tests.interop.matrix import Answer, document, text_of, write_document  # noqa: E402
from tests.interop.programs import PROGRAMS, Job, Program  # noqa: E402
from tests.interop.records import make_records  # noqa: E402
from tests.interop.sources import KINDS, REGISTERS, Source, make_sources, upload  # noqa: E402


def main() -> int:
    """Run the programs named on the command line, by default all; return 1 if a difference is unexplained."""
    parser = argparse.ArgumentParser(prog="make interop ARGS=", description=main.__doc__)
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help="beginnings of names, for example sheetjs")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave all files there")
    parser.add_argument("--registers", nargs="+", choices=REGISTERS, default=REGISTERS, help="by default all")
    arguments = parser.parse_args()
    chosen, folder, registers = arguments.programs, arguments.keep, arguments.registers
    programs = [each for each in PROGRAMS if not chosen or each.name.lower().startswith(tuple(map(str.lower, chosen)))]
    if not programs:
        parser.error(f"choose from {', '.join(each.name for each in PROGRAMS)}")
    call_command("migrate", verbosity=0)
    clerk = make_records()
    with tempfile.TemporaryDirectory() as scratch:
        work = folder or Path(scratch)
        work.mkdir(parents=True, exist_ok=True)
        sources = make_sources(clerk, work, registers)
        unsound = [source for source in sources if not _is_sound(source)]
        for source in unsound:
            print(
                f"own {source.register} {source.kind}  {source.counters}", *source.counters.problems[:5], sep="\n    "
            )
        versions, missing, answers = _through(programs, sources, work, clerk)
    for name in missing:
        print(f"{name}: not installed; scripts/install_interop installs it")
    unexplained = [answer for answer in answers if answer.is_unexplained]
    same = sum(answer.is_same for answer in answers)
    print(
        f"{len(answers)} files: {same} without a difference, {len(answers) - same - len(unexplained)} explained, ",
        end="",
    )
    print(f"{len(unexplained)} unexplained")
    if not chosen and registers == REGISTERS:
        for fault in FAULTS:
            if not any(not answer.is_same and answer.fault is fault for answer in answers):
                print(f"This fault did not happen: {fault}")
        print(f"Written: {write_document(document(versions, sources, answers, missing))}")
    return 1 if unexplained or unsound or missing else 0


def _is_sound(source: Source) -> bool:
    """Return whether the portal takes its own workbook back without a change, and a marked one with its one error."""
    counters = source.counters
    nothing_changes = not (counters.new or counters.changed or counters.refused) and counters.unchanged > 0
    return nothing_changes and counters.errors == (1 if source.kind == KINDS[-1] else 0)


def _through(
    programs: Sequence[Program], sources: Sequence[Source], work: Path, clerk: User
) -> tuple[dict[str, str], list[str], list[Answer]]:
    """Return the versions, the programs that are missing, and what every file says."""
    versions: dict[str, str] = {}
    missing: list[str] = []
    answers: list[Answer] = []
    for program in programs:
        try:
            versions[program.name] = program.version()
        except (OSError, subprocess.CalledProcessError):
            missing.append(program.name)
            continue
        for number, (kind, ending) in enumerate(program.formats.items()):
            stem = "".join(each if each.isalnum() else "_" for each in f"{program.name}{number}")
            jobs = [
                Job(source.path, work / f"{source.register}-{source.kind}-{stem}.{ending}", source.sheet)
                for source in sources
            ]
            try:
                program.convert(kind, jobs)
            except (OSError, subprocess.SubprocessError) as error:
                print(f"{program.name} {kind}: {getattr(error, 'stderr', '') or error}")
            for source, job in zip(sources, jobs, strict=True):
                counters = upload(source.register, job.target, clerk) if job.target.exists() else None
                answer = Answer(program.name, kind, source, counters)
                answers.append(answer)
                print(text_of(answer), flush=True)
    return versions, missing, answers


sys.exit(main())
