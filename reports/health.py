"""What briefings need of the server: the fonts."""

from changzhi_portal.health.check import LONG, HealthCheck
from reports.fonts import require_fonts


def _fonts() -> str:
    require_fonts()
    return "打印简报所需的字体都已安装。"


FONTS = HealthCheck(name="fonts", title="打印字体", ask=_fonts, needs_database=False, kept_seconds=LONG)
