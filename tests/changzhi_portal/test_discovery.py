"""Tests of discovery: declarations are found without a list, each once and in order, and nothing else is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from changzhi_portal import discovery
from changzhi_portal.discovery import by_key, classes_in, instances_in, modules_named, own_apps
from changzhi_portal.pages.panels import HomePanel, Panel
from changzhi_portal.quality import QualityRule
from changzhi_portal.registers.register import RegisterSheet


def test_the_apps_that_are_ours_come_from_left_to_right() -> None:
    names = [app.name for app in own_apps()]
    assert names[:3] == ["changzhi_portal", "periods", "changelog"]
    assert "csp" not in names and "django.contrib.auth" not in names


def test_a_module_of_the_frame_says_what_can_be_declared_and_declares_nothing() -> None:
    assert [module.__name__ for module in modules_named("sheets")] == [
        "communities.sheets",
        "orgs.sheets",
        "socialworkers.sheets",
        "services.sheets",
        "participation.sheets",
        "workload.sheets",
        "practice.sheets",
    ]
    assert "changzhi_portal.quality" not in {module.__name__ for module in modules_named("quality")}


def test_the_declarations_of_every_app_are_found() -> None:
    assert [sheet.name for sheet in classes_in("sheets", RegisterSheet)][:2] == ["communities", "facilities"]  # type: ignore[type-abstract]
    assert len(instances_in("quality", QualityRule)) >= 20
    panels = classes_in("panels", Panel)
    assert HomePanel not in panels
    assert {panel.__module__ for panel in panels} == {module.__name__ for module in modules_named("panels")}


class Thing:
    """A class of declarations."""


class Sub(Thing):
    """A subclass of it."""


@pytest.fixture
def declaring(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Provide a module `things` that one of the apps appears to have."""
    module = ModuleType("orgs.things")
    monkeypatch.setitem(sys.modules, "orgs.things", module)
    monkeypatch.setattr(discovery, "module_has_submodule", lambda package, name: package.__name__ == "orgs")
    yield module
    for cached in (modules_named, instances_in, classes_in):
        cached.cache_clear()


def test_an_instance_with_two_names_is_found_once(declaring: ModuleType) -> None:
    declaring.first = declaring.again = first = Thing()  # type: ignore[attr-defined]
    declaring.second = second = Sub()  # type: ignore[attr-defined]
    assert instances_in("things", Thing) == (first, second)


def test_a_class_that_is_only_imported_is_not_declared(declaring: ModuleType) -> None:
    declaring.Sub = Sub  # type: ignore[attr-defined]
    declaring.Own = own = type("Own", (Thing,), {"__module__": "orgs.things"})  # type: ignore[attr-defined]
    declaring.Inner = inner = type("Inner", (Thing,), {"__module__": "orgs.things.inner"})  # type: ignore[attr-defined]
    declaring.Other = type("Other", (Thing,), {"__module__": "orgs.things_else"})  # type: ignore[attr-defined]
    assert classes_in("things", Thing) == (own, inner)


def test_two_declarations_of_one_name_are_an_error() -> None:
    assert by_key(["a", "bc"], len) == {1: "a", 2: "bc"}
    with pytest.raises(ValueError, match="are both called 1"):
        by_key(["a", "b"], len)
