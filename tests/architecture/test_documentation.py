"""Documentation is complete and citations are valid: every setting, command, decision, and every `docs/….md §N`."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from tests.architecture.apps import OWN_APPS, modules

OPERATIONS = (settings.BASE_DIR / "docs" / "operations.md").read_text()
README = (settings.BASE_DIR / "README.md").read_text()
ADRS = settings.BASE_DIR / "docs" / "adr"


def names_read_by_settings() -> list[str]:
    text = (settings.BASE_DIR / "changzhi_portal" / "settings.py").read_text()
    return sorted(set(re.findall(r'(?:\benv(?:\.\w+)?|load_secret)\(\s*"([A-Z_]+)"', text)))


def own_commands() -> list[str]:
    return sorted(
        path.stem
        for app in OWN_APPS
        for path in (settings.BASE_DIR / app / "management" / "commands").glob("*.py")
        if path.stem != "__init__"
    )


def test_settings_are_found():
    assert {"VAR_DIR", "DATABASE_URL", "FIELD_KEYS", "REDIS_URL"} <= set(names_read_by_settings())


@pytest.mark.parametrize("name", names_read_by_settings())
def test_every_environment_variable_is_documented(name):
    assert f"| `{name}` |" in OPERATIONS


@pytest.mark.parametrize("command", own_commands())
def test_every_command_is_in_the_readme(command):
    assert re.search(rf"^\| `{command}[` ]", README, re.MULTILINE)


def test_every_decision_is_listed():
    files = {path.name for path in ADRS.glob("[0-9]*.md")}
    assert files
    assert files == set(re.findall(r"\]\(([0-9][\w-]+\.md)\)", (ADRS / "README.md").read_text()))


# --- Citations ---

DOCUMENTS = sorted(path.relative_to(settings.BASE_DIR).as_posix() for path in (settings.BASE_DIR / "docs").glob("*.md"))
# "docs/domain.md §5.2", "docs/domain.md §3, §4", "docs/architecture.md, decisions 5 and 6", or the document alone.
CITATION = re.compile(
    r"(?<![\"'\w/])(?P<document>[\w/.-]*\b[a-z_]+\.md\b)"  # not a path in quotes
    r"(?P<places>(?:,? (?:and )?§\d+(?:\.\d+)*)+|,? decisions? \d+(?:(?:,| and) \d+)*)?"
)
ADR_NUMBER = re.compile(r"\bADRs? ((?:\d{4}(?:, | and )?)+)")


def headings_of(document: str) -> set[str]:
    """Return what a citation may name: "§5", "§5.2", "decision 3"."""
    titles = re.findall(r"^#+ (.+)$", (settings.BASE_DIR / document).read_text(), re.MULTILINE)
    sections = {f"§{match[1]}" for title in titles if (match := re.match(r"(\d+(?:\.\d+)*)[. ]", f"{title} "))}
    decisions = {f"decision {match[1]}" for title in titles if (match := re.match(r"Decision (\d+):", title))}
    return sections | decisions


def wrong_citations(text: str) -> list[str]:
    """Return the citations in a text that name no document of docs/, or no heading of it."""
    wrong = []
    for match in CITATION.finditer(text):
        document, places = match["document"], match["places"] or ""
        if document in {"README.md", "CHANGELOG.md"}:
            continue
        if document not in DOCUMENTS:
            wrong.append(match[0])
            continue
        cited = re.findall(r"§[\d.]+\d|§\d+", places)
        cited += [f"decision {number}" for number in re.findall(r"\d+", places)] if "decision" in places else []
        wrong += [f"{document} {place}" for place in cited if place not in headings_of(document)]
    known = {path.name[:4] for path in ADRS.glob("[0-9]*.md")}
    for match in ADR_NUMBER.finditer(text):
        wrong += [f"ADR {number}" for number in re.findall(r"\d{4}", match[1]) if number not in known]
    return wrong


@pytest.mark.parametrize("app", sorted(OWN_APPS))
def test_every_citation_in_code_leads_to_a_heading(app):
    texts = {path: (settings.BASE_DIR / path).read_text() for path in modules() if path.parts[0] == app}
    assert {str(path): wrong for path, text in texts.items() if (wrong := wrong_citations(text))} == {}


@pytest.mark.parametrize("folder", ["tests", "templates", "static/portal", "static/reports", "scripts"])
def test_every_citation_beside_the_code_leads_to_a_heading(folder):
    wrong_by_file = {}
    for path in sorted((settings.BASE_DIR / folder).rglob("*")):
        if (
            path.is_file()
            and path.suffix in {".py", ".html", ".css", ".js", ".sql", ""}
            and path.name != "test_documentation.py"
        ) and (wrong := wrong_citations(path.read_text())):
            wrong_by_file[str(path.relative_to(settings.BASE_DIR))] = wrong
    assert wrong_by_file == {}


@pytest.mark.parametrize(
    "text",
    [
        "domain.md §5",
        "docs/domain.md §99",
        "docs/domain.md §5.99",
        "docs/architecture.md, decision 99",
        "ADR 9999",
        "docs/none.md",
    ],
)
def test_a_citation_that_leads_nowhere_is_found(text):
    assert wrong_citations(f"a rule ({text})")


@pytest.mark.parametrize(
    "text",
    ["docs/domain.md §5", "docs/domain.md §3.4, §8.4", "docs/architecture.md, decisions 5 and 6", "ADR 0001, 0002"],
)
def test_a_citation_that_leads_somewhere_is_right(text):
    assert wrong_citations(f"a rule ({text})") == []
