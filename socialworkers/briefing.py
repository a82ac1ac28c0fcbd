"""社会工作人才 in a briefing's 联动工作 （三）社工人才 (docs/domain.md §7.3)."""

from __future__ import annotations

from changzhi_portal.display import display_number
from changzhi_portal.linked.declared import LinkedPart, LinkedWork, ShownFigure
from changzhi_portal.linked.stored import StoredFigure
from changzhi_portal.linked.told import Share, Told, sentence
from changzhi_portal.phrases import joined
from socialworkers.indicators import talent

_WORKERS, _TRAININGS, _POINTS = "社会工作者", "培训", "社工岗位"

CONVERTED = Share(
    among="在岗社区工作者",
    unit="名",
    which="社会工作专业人才",
    lacking="不是社会工作专业人才",
    every="全部是社会工作专业人才",
    none="没有社会工作专业人才",
    one=("是社会工作专业人才", "不是社会工作专业人才"),
)
FILLED = Share(
    among="设置社工岗位",
    unit="个",
    which="有专业人才在岗的",
    lacking="空岗",
    every="全部有专业人才在岗",
    none="都没有专业人才在岗",
    one=("有专业人才在岗", "没有专业人才在岗"),
)
ON_COURSE = Share(
    among="填了登记有效期的持证人员",
    unit="名",
    which="继续教育学时达到进度的",
    lacking="继续教育学时不足",
    every="继续教育学时全部达到进度",
    none="继续教育学时都不足",
    one=("继续教育学时达到进度", "继续教育学时不足"),
)


def _of_people(told: Told) -> list[str]:
    """Return a paragraph of those at post and their hours, and one of those who were hired and trained."""
    shares = [told.share("conversion", CONVERTED), _of_posts(told), told.share("hours_ok", ON_COURSE)]
    first = next((at for at, share in enumerate(shares) if share), None)
    if first is not None:
        shares[first] = f"{told.whole}{shares[first]}"
    moved = [
        _total(told, told.known("hired"), "新到岗社会工作者", "人", "没有新到岗的社会工作者"),
        _total(told, told.known("trained"), "培训", "人次", "没有办结的培训"),
    ]
    return [*sentence(*shares), *sentence(*moved)]


def _of_posts(told: Told) -> str:
    """Return the share of filled posts; where more are at post than are set, the two numbers alone."""
    figure = told.known("posts_filled")
    if figure is None or figure.numerator is None or not figure.denominator or figure.numerator <= figure.denominator:
        return told.share("posts_filled", FILLED)
    said = f"设置社工岗位{display_number(figure.denominator)}个，在岗专业人才{display_number(figure.numerator)}名"
    return said + told.coverage(figure, compares=False)


def _total(told: Told, figure: StoredFigure | None, what: str, unit: str, none: str) -> str:
    """Return 本月新到岗社会工作者12人，其中公开招聘8人、购买服务4人; `none` where there was nobody."""
    if figure is None:
        return ""
    coverage = told.coverage(figure, compares=False)
    if not figure.numerator:
        return f"{told.during}{none}{coverage}"
    parts = {label: number for label, number in figure.parts.items() if number}
    begins = f"{told.during}{what}{display_number(figure.value)}{unit}"
    if len(parts) == 1:
        return f"{begins}（{next(iter(parts))}）{coverage}"
    listed = "、".join(f"{label}{display_number(number)}{unit}" for label, number in parts.items())
    return joined([begins, f"其中{listed}" if listed else ""]) + coverage


TALENT = LinkedWork(
    code="talent",
    title="社会工作人才",
    part=LinkedPart.TALENT,
    position=5,
    figures=(
        ShownFigure(figure=talent.CONVERSION, title="社区工作者中专业人才", register=_WORKERS, is_key=True),
        ShownFigure(figure=talent.POSTS_FILLED, title="社工岗位到岗", register=_POINTS, is_key=True),
        ShownFigure(figure=talent.HOURS_OK, title="学时达到进度", register=_WORKERS, is_key=True),
        ShownFigure(figure=talent.HIRED, title="新到岗（人）", register=_WORKERS),
        ShownFigure(figure=talent.TRAINED, title="培训（人次）", register=_TRAININGS),
    ),
    paragraphs=_of_people,
)
