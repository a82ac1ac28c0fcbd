"""The clauses of 长民发〔2017〕138号, by which practice cases are filed: code as targets and figures cite it, and its heading."""

from __future__ import annotations

from typing import Final

CLAUSES: Final[tuple[tuple[str, str], ...]] = (
    ("三", "总体目标"),
    ("四（一）1", "健全社区组织"),
    ("四（一）2", "改善服务设施"),
    ("四（一）3", "打造信息平台"),
    ("四（一）4", "减轻社区负担"),
    ("四（二）1", "建立社会组织参与机制"),
    ("四（二）2", "积极培育社区社会组织"),
    ("四（二）3", "促进社区社会组织作用发挥"),
    ("四（三）1", "培养社区社会工作专业人才"),
    ("四（三）2", "积极推进社会工作专业服务"),
    ("四（三）3", "培育发展民办社会工作服务机构"),
    ("四（三）4", "加大政府购买社区社会工作服务力度"),
    ("五（一）", "强化组织领导"),
    ("五（二）", "完善制度保障"),
    ("五（三）", "加大经费保障"),
    ("五（四）", "营造良好氛围"),
    ("五（五）", "深入推进落实"),
)
# As forms and filters offer them: 四（一）4 减轻社区负担.
CLAUSE_CHOICES: Final[tuple[tuple[str, str], ...]] = tuple((code, f"{code} {title}") for code, title in CLAUSES)
