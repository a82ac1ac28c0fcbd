"""What surveys ask: the questions of a satisfaction survey, the same everywhere (docs/domain.md §4.16).

They are reference data: every county's results are compared by them, and the first one is what figures and the yearly
assessment take.
"""

from __future__ import annotations

from typing import Final

OVERALL: Final = "总体"
# Question, and the sentence that stands on the printed sheet.
_SATISFACTION: Final = (
    (OVERALL, "总的来说，您对社区满意吗？"),
    ("居委会工作", "您对居（村）委会满意吗？"),
    ("便民服务", "您对社区的便民服务满意吗？"),
    ("文体活动", "您对文化体育活动满意吗？"),
    ("环境卫生", "您对社区的环境卫生满意吗？"),
    ("治安调解", "您对治安、矛盾调解满意吗？"),
    ("物业", "您对小区的物业服务满意吗？"),
    ("参与议事", "您对参与社区议事满意吗？"),
)
SATISFACTION_QUESTIONS: Final = tuple(question for question, _ in _SATISFACTION)
SENTENCES: Final = dict(_SATISFACTION)
# A question with fewer valid answers in a community says nothing of it (样本不足).
ENOUGH_ANSWERS: Final = 30
