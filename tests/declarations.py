"""Fixtures that declare indicators or figures of divisions for one test, or count a declared figure in another way."""

from __future__ import annotations

import dataclasses

import pytest

from changzhi_portal import figures, indicators
from changzhi_portal.indicators import CountedRegister, Indicator


class Declarations:
    """The apps' declarations, with the changes of a test."""

    def __init__(self):
        self.registers = list(indicators.counted_registers())
        self.indicators = list(indicators.indicators())

    def instances_in(self, name, kind):
        assert name == "indicators"
        return tuple({CountedRegister: self.registers, Indicator: self.indicators}[kind])

    def count(self, register_code, *figures, of_divisions=False):
        """Let a register count more figures, of communities or of divisions."""
        register = self.register(register_code)
        field = "division_figures" if of_divisions else "community_figures"
        self._replace(register, **{field: (*getattr(register, field), *figures)})

    def recount(self, name, /, **changes):
        """Count a figure in another way: with another expression or version, under another name."""
        for register in self.registers:
            kept = {
                field: tuple(dataclasses.replace(each, **changes) if each.name == name else each for each in figures)
                for field, figures in (
                    ("community_figures", register.community_figures),
                    ("division_figures", register.division_figures),
                )
            }
            if name in {figure.name for figure in register.figures}:
                self._replace(register, **kept)
                return

    def add(self, code, register_code, figures, **values):
        """Declare an indicator that sums figures of a register."""
        indicator = Indicator(code, values.pop("name", code), self.register(register_code), figures, "个", **values)
        self.indicators.append(indicator)
        return indicator

    def twin(self, name):
        """Count a figure a second time, under a name without a column, and return that name."""
        twin = dataclasses.replace(indicators.figure_named(name), name=f"twin_of_{name}")
        register = indicators.register_counting(name)
        for of_divisions, counted in ((False, register.community_figures), (True, register.division_figures)):
            if name in {figure.name for figure in counted}:
                self.count(register.code, twin, of_divisions=of_divisions)
        return twin.name

    def register(self, code):
        return next(register for register in self.registers if register.code == code)

    def _replace(self, register, **changes):
        changed = dataclasses.replace(register, **changes)
        self.registers[self.registers.index(register)] = changed
        self.indicators = [
            dataclasses.replace(each, register=changed) if each.register is register else each
            for each in self.indicators
        ]


@pytest.fixture
def declarations(monkeypatch):
    """Let a test add or change declarations of the apps; they are restored afterwards."""
    declared = Declarations()
    monkeypatch.setattr(indicators, "instances_in", declared.instances_in)
    return declared


@pytest.fixture
def declare_figures(monkeypatch):
    """Return a function that makes some figures of divisions the only ones declared; all are restored afterwards."""

    def declare(*declared):
        monkeypatch.setattr(figures, "instances_in", lambda name, kind: declared)
        return declared

    return declare
