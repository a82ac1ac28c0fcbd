"""Forms that note changes of divisions and communities, and that apply them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from changzhi_portal.names import fold
from communities.models import DivisionChange
from communities.models.division import CODE_LENGTHS, is_code

Kind, Level = DivisionChange.Kind, DivisionChange.Level
NEW = "new"  # the choice of a new division or community beside the chosen ones
MOST_PARTS = 4
MOST_PEOPLE = 10_000_000


@dataclass(frozen=True, slots=True)
class Chosen:
    """A division or community that a change is about."""

    code: str
    name: str
    place: str

    def __str__(self) -> str:
        return f"{self.place}{self.name}（{self.code}）"


def kinds_for(level: str) -> list[tuple[str, str]]:
    """Return the kinds of changes that may be noted at a level; divisions are never closed or founded alone."""
    only_villages = {Kind.CLOSE, Kind.FOUND}
    return [
        (value, str(label)) for value, label in Kind.choices if level == Level.VILLAGE or value not in only_villages
    ]


class TypedDateField(forms.DateField):
    """A date whose digits may be full-width, as a Chinese keyboard types them."""

    def to_python(self, value: Any) -> datetime.date | None:
        """Return the date; raises ValidationError."""
        return super().to_python(fold(value) if isinstance(value, str) else value)


class NoteChangeForm(forms.Form):
    """One change of the chosen divisions or communities; which fields it has depends on its kind."""

    effective_on = TypedDateField(
        label="生效日期",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="从这一天起按变更后的统计，以前各月不变。",
        error_messages={"required": "请填写生效日期。", "invalid": "日期应写成2018-07-05这样。"},
    )
    document = forms.CharField(label="批复文号", max_length=100, required=False, help_text="例如：长政函〔2020〕12号。")
    source = forms.CharField(
        label="原因或依据", max_length=200, error_messages={"required": "请写明变更的原因或依据。"}
    )

    def __init__(self, *args: Any, kind: str, level: str, chosen: Sequence[Chosen], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.level, self.chosen = kind, level, chosen
        self.length = CODE_LENGTHS[level]
        match kind:
            case Kind.MERGE:
                self._add_successor()
            case Kind.SPLIT:
                self._add_parts()
            case Kind.RENAME | Kind.RECODE | Kind.FOUND:
                self._add_new(required=True)
        first = [name for name in self.fields if name not in {"effective_on", "document", "source"}]
        self.order_fields([*first, "effective_on", "document", "source"])

    def _add_successor(self) -> None:
        choices = [*((each.code, f"并入{each}") for each in self.chosen), (NEW, "合并成一个新的，原来的都撤销")]
        self.fields["into"] = forms.ChoiceField(
            label="合并后",
            choices=choices,
            widget=forms.RadioSelect,
            error_messages={"required": "请选择并入哪一个。", "invalid_choice": "请在列出的几个里选择。"},
        )
        self._add_new(required=False)
        if self.level == Level.VILLAGE:
            self._add_population("")

    def _add_new(self, *, required: bool) -> None:
        known = self.chosen[0] if self.kind in {Kind.RENAME, Kind.RECODE} and self.chosen else None
        self.fields["to_name"] = forms.CharField(
            label="新名称",
            max_length=60,
            required=required,
            initial=known.name if known else None,
            help_text="" if required else "合并成新的才填。",
            error_messages={"required": "请填写新名称。"},
        )
        self.fields["to_code"] = forms.CharField(
            label=f"新代码（{self.length}位）",
            max_length=self.length,
            required=required,
            initial=known.code if known else None,
            help_text="代码不变的照原样填。" if required else "合并成新的才填。",
            error_messages={
                "required": f"请填写{self.length}位新代码。",
                "max_length": f"代码应为{self.length}位数字。",
            },
        )

    def _add_population(self, prefix: str) -> None:
        for name, label in (("households", "户数"), ("residents", "常住人口")):
            self.fields[f"{prefix}{name}"] = forms.IntegerField(
                label=f"变更后{label}",
                required=False,
                help_text="不填的，按各部分最近的数字相加。" if not prefix else "",
                error_messages={
                    "invalid": "请填整数。",
                    "min_value": "不能是负数。",
                    "max_value": "数字太大，请核对。",
                },
                min_value=0,
                max_value=MOST_PEOPLE,
            )

    def _add_parts(self) -> None:
        whole = self.chosen[0] if self.chosen else None
        for number in range(1, MOST_PARTS + 1):
            is_needed = number <= 2
            self.fields[f"part{number}_name"] = forms.CharField(
                label=f"拆成的第{number}个：名称",
                max_length=60,
                required=is_needed,
                initial=whole.name if whole and number == 1 else None,
                help_text="名称和代码照原来的，就是原社区继续存在。"
                if number == 1 and self.level == Level.VILLAGE
                else "",
                error_messages={"required": "请至少填两个，每个都要有名称和代码。"},
            )
            self.fields[f"part{number}_code"] = forms.CharField(
                label=f"拆成的第{number}个：代码（{self.length}位）",
                max_length=self.length,
                required=is_needed,
                initial=whole.code if whole and number == 1 else None,
                error_messages={
                    "required": "请至少填两个，每个都要有名称和代码。",
                    "max_length": f"代码应为{self.length}位数字。",
                },
            )
            if self.level == Level.VILLAGE:
                self._add_population(f"part{number}_")

    # --- Checking ---

    def clean(self) -> dict[str, Any]:
        """Check codes, and that a merger into something new says what."""
        data: dict[str, Any] = super().clean() or {}
        for name in [name for name in self.fields if name.endswith("code")]:
            if code := fold(data.get(name) or ""):  # typed with a Chinese keyboard, the digits may be full-width
                data[name] = code
                if not is_code(code, self.level):
                    self.add_error(name, f"代码应为{self.length}位数字。")
        if self.kind == Kind.MERGE and data.get("into") == NEW:
            for name, label in (("to_name", "新名称"), ("to_code", "新代码")):
                if not data.get(name):
                    self.add_error(name, f"合并成新的，请填写{label}。")
        for number in range(3, MOST_PARTS + 1):
            part_name, part_code = data.get(f"part{number}_name"), data.get(f"part{number}_code")
            if bool(part_name) != bool(part_code) and f"part{number}_code" in self.fields:
                self.add_error(f"part{number}_{'code' if part_name else 'name'}", "名称和代码要一起填。")
        self._refuse_repeated_codes(data)
        return data

    def _refuse_repeated_codes(self, data: Mapping[str, Any]) -> None:
        first: dict[str, int] = {}
        for number in range(1, MOST_PARTS + 1):
            code = data.get(f"part{number}_code")
            if code and code in first:
                self.add_error(f"part{number}_code", f"代码与第{first[code]}个相同，每个部分的代码都要不同。")
            elif code:
                first[code] = number

    def changes(self) -> list[DivisionChange]:
        """Return the changes to note; call only when the form is valid."""
        data = self.cleaned_data
        match self.kind:
            case Kind.MERGE if data["into"] != NEW:
                into = next(each for each in self.chosen if each.code == data["into"])
                return [self._change(each, into.code, into.name) for each in self.chosen if each != into]
            case Kind.SPLIT:
                whole = self.chosen[0]
                return [
                    self._change(whole, data[f"part{n}_code"], data[f"part{n}_name"], prefix=f"part{n}_")
                    for n in range(1, MOST_PARTS + 1)
                    if data.get(f"part{n}_code")
                ]
            case Kind.CLOSE:
                return [self._change(each, "", "") for each in self.chosen]
            case Kind.FOUND:
                return [self._change(None, data["to_code"], data["to_name"])]
        return [self._change(each, data["to_code"], data["to_name"]) for each in self.chosen]

    def _change(self, old: Chosen | None, code: str, name: str, *, prefix: str = "") -> DivisionChange:
        data: Mapping[str, Any] = self.cleaned_data
        return DivisionChange(
            kind=self.kind,
            level=self.level,
            effective_on=data["effective_on"],
            from_code=old.code if old else "",
            from_name=old.name if old else "",
            to_code=code,
            to_name=name,
            document=data["document"],
            source=data["source"],
            households=data.get(f"{prefix}households"),
            residents=data.get(f"{prefix}residents"),
        )


class ApplyChangesForm(forms.Form):
    """Form that applies the changes that the page has shown: only these, all of them, and as the registers were then."""

    def __init__(self, *args: Any, seen: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seen = seen

    def clean(self) -> dict[str, Any] | None:
        """Refuse changes other than those that the page would show now."""
        if self.data.get("seen") != self.seen:
            raise forms.ValidationError("待应用的变更与刚才显示的不同，请重新核对后再确认。", code="stale")
        return super().clean()
