"""Checks that the fonts of a briefing are installed and have every character (docs/domain.md §7).

Without them a missing font would silently be replaced and a missing character be printed as a box; both are errors here.
Coverage is read from fontconfig, which WeasyPrint's text layout uses too; this takes some milliseconds per font.
"""

from __future__ import annotations

import logging
import subprocess
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from changzhi_portal.refusals import InvalidError, UnavailableError

logger = logging.getLogger(__name__)
BODY_FONT_FILE = "FandolFang-Regular.otf"
_FONTCONFIG_TIMEOUT = 30  # seconds; the first call on a machine builds fontconfig's cache


@dataclass(frozen=True)
class SystemFont:
    """A font of the machine with its fontconfig family, and the Debian package that contains it."""

    family: str
    role: str
    package: str
    weight: str = "regular"


# All families in briefing.css except the body font; each also serves as fallback for characters that others lack.
SYSTEM_FONTS = (
    SystemFont("Noto Serif CJK SC", "宋体", "fonts-noto-cjk"),
    SystemFont("Noto Serif CJK SC", "小标宋", "fonts-noto-cjk", weight="bold"),
    SystemFont("Noto Sans CJK SC", "黑体", "fonts-noto-cjk"),
    SystemFont("LXGW WenKai", "楷体", "fonts-lxgw-wenkai"),
    SystemFont("AR PL UMing CN", "生僻字", "fonts-arphic-uming"),
)


def require_fonts(system_fonts: tuple[SystemFont, ...] = SYSTEM_FONTS) -> None:
    """Raise UnavailableError for the first font that is not installed, with how to install it."""
    if not body_font().is_file():
        raise _missing_font(f"仿宋（{BODY_FONT_FILE}）", f"{BODY_FONT_FILE} (仿宋) is not in {settings.FONT_DIR}")
    for font in system_fonts:
        if not _find(font):
            raise _missing_font(
                f"{font.role}（{font.family}）",
                f"{font.family} {font.weight} ({font.role}, Debian package {font.package}) is not installed",
            )


def require_glyphs(text: str, *, what: str = "简报") -> None:
    """Raise InvalidError naming the characters of `text` that no print font has. Call `require_fonts` before.

    `what` names the document.
    """
    covered = _covered(str(body_font()))
    missing = sorted(character for character in set(text) if not _is_printable(character, covered))
    if missing:
        raise missing_glyphs(missing, what=what)


def refuse_unprintable(text: str, *, field: str, is_line: bool = False) -> None:
    """Raise InvalidError naming the characters of a typed text that cannot be printed; a line also has no line breaks.

    Says nothing where the fonts are not installed: that is said when it is printed.
    """
    allowed = "" if is_line else "\n\r\t"
    wrong = {
        each for each in text if unicodedata.category(each) in {"Cc", "Cs", "Zl", "Zp", "Cn"} and each not in allowed
    }
    try:
        covered = _covered(str(body_font()))
        wrong |= {each for each in text if each not in allowed and not _is_printable(each, covered)}
    except UnavailableError:
        logger.warning("The characters of a text cannot be checked: the fonts are not installed.")
    if wrong:
        named = "、".join(f"“{each}”（U+{ord(each):04X}）" for each in sorted(wrong))
        raise InvalidError(
            f"字符{named}印不出来，请换一个写法。",
            cure=f"No print font has {', '.join(f'U+{ord(each):04X}' for each in sorted(wrong))}.",
            field=field,
        )


def missing_glyphs(characters: list[str], *, what: str = "简报") -> InvalidError:
    """Return the error for characters that cannot be printed, with their code points, as they may be invisible."""
    named = "、".join(f"“{character}”（U+{ord(character):04X}）" for character in characters)
    points = ", ".join(f"{character!r} (U+{ord(character):04X})" for character in characters)
    return InvalidError(
        f"{what}中的字符{named}在所有打印字体中都没有，无法印出，请在登记表中改正含有它的名称后重新生成。",
        cure=f"No print font has the character {points}. Correct the record whose name contains it, then print again.",
    )


def body_font() -> Path:
    """Return the path of the body font, 仿宋."""
    return Path(settings.FONT_DIR) / BODY_FONT_FILE


def _missing_font(named: str, fact: str) -> UnavailableError:
    return UnavailableError(
        f"打印简报所需的字体{named}没有安装，请系统管理员在服务器上运行 make setup。",
        cure=f"The font {fact}. Run: make setup",
    )


def _is_printable(character: str, covered: frozenset[int]) -> bool:
    """Return whether a print font has the character; never for private-use ones, whose glyphs depend on the font."""
    category = unicodedata.category(character)
    if category in {"Cc", "Cf"} or character.isspace():
        return True
    return category != "Co" and ord(character) in covered


@lru_cache(maxsize=4)
def _covered(body_font_path: str) -> frozenset[int]:
    """Return the code points that at least one print font has. Cached for the life of the process."""
    points = _code_points(_fontconfig("fc-query", "%{charset}", body_font_path))
    for font in SYSTEM_FONTS:
        points |= _code_points(_fontconfig("fc-match", "%{charset}", _pattern(font)))
    return frozenset(points)


def _code_points(charset: str) -> set[int]:
    """Parse code points in fontconfig's notation "20-7e a0 4e00-9fa5"."""
    points: set[int] = set()
    for part in charset.split():
        first, _, last = part.partition("-")
        points.update(range(int(first, 16), int(last or first, 16) + 1))
    return points


def _find(font: SystemFont) -> bool:
    """Return whether fontconfig's best match is this family; fontconfig always returns some font."""
    return font.family in _fontconfig("fc-match", "%{family}", _pattern(font)).split(",")


def _pattern(font: SystemFont) -> str:
    return f"{font.family}:{font.weight}"


def _fontconfig(command: str, format_: str, argument: str) -> str:
    try:
        run = subprocess.run(  # noqa: S603 - a fixed program, the argument comes from this module or the settings
            [command, "--format", format_, argument],
            capture_output=True,
            check=True,
            encoding="utf-8",
            timeout=_FONTCONFIG_TIMEOUT,
        )
    except (FileNotFoundError, subprocess.SubprocessError) as error:
        raise _missing_font("（无法读取字体列表，fontconfig）", f"tools do not work: {command}: {error}") from error
    return run.stdout
