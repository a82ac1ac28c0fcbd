"""Reference data of burden relief: certificates that communities do not issue, and the signs that may hang outside."""

from __future__ import annotations

import datetime
import re
from typing import Final

from changzhi_portal.names import comparable

# 民发〔2020〕20号, the 20 of its list [S10]; from this day on no department may ask a community for one.
CERTIFICATES_END: Final = datetime.date(2020, 4, 1)
CERTIFICATES: Final = (
    *("亲属关系", "居民身份信息", "户口登记项目内容变更申请", "居民养犬", "无犯罪记录", "社区戒毒社区康复人员情况"),
    *("人员失踪", "婚姻状况", "出生", "健在", "死亡", "疾病状况", "残疾状况", "婚育状况", "居民就业状况"),
    *("居民个人档案", "居民财产", "遗产继承权", "市场主体住所", "证件遗失"),
)
# Whose signs may hang outside (民发〔2015〕136号 [S11]): of the party, of self-government, of the federation.
SIGNS_OUTSIDE: Final = (
    *("党组织", "党委", "党总支", "党支部", "党群服务中心"),
    *("居民委员会", "居委会", "村民委员会", "村委会", "监督委员会"),
    "社会组织联合会",
)
_AROUND = re.compile(r"^(?:开具|出具|办理)?(?:居民|村民|本人|个人)?|(?:的)?(?:情况|状况)?(?:证明)?(?:书|信|材料)?$")


def _core(name: str) -> str:
    """Return what a certificate is about: 居民婚姻状况证明 and 婚姻证明 are both about 婚姻."""
    return _AROUND.sub("", comparable(name))


_BY_CORE: Final = {_core(name): name for name in CERTIFICATES}


def ended_certificate(name: str) -> str:
    """Return which of the 20 certificates a name means, however it is written; "" for another one."""
    return _BY_CORE.get(_core(name), "")


def may_hang_outside(name: str) -> bool:
    """Return whether a sign is one of those that hang outside."""
    return any(word in name for word in SIGNS_OUTSIDE)
