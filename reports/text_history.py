"""文字修改记录: who changed which text of an edition, remarks named by the target that they stand at."""

from __future__ import annotations

from dataclasses import replace

from changelog.history import Entry, history_lines
from changzhi_portal.rights import Actor
from reports.actions.texts import REMARK
from reports.models import Briefing


def text_changes(briefing: Briefing, user: Actor, *, limit: int) -> list[Entry]:
    """Return the newest changes of an edition's texts; a remark is called 城市社区设施面积：说明."""
    names = {target["code"]: target["short_name"] for target in (briefing.figures or {}).get("targets", ())}

    def label(logged: str) -> str:
        code = logged.removeprefix(REMARK)
        return logged if code == logged else f"{names.get(code, '分项')}：说明"

    return [
        replace(entry, changes=[replace(change, label=label(change.label)) for change in entry.changes])
        for entry in history_lines(briefing, user, limit=limit)
    ]
