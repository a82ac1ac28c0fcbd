"""The mail of one delivery: a short text, and the PDF of the issue as it was issued."""

from __future__ import annotations

import hashlib
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage

from changzhi_portal.refusals import UnavailableError
from notices.actions import PORTAL_NAME
from reports.models import BriefingDelivery, BriefingFile
from reports.storage import file_path
from reports.titles import file_title


def message_id_of(ref: str) -> str:
    """Return the Message-ID (RFC 5322 §3.6.4) of the delivery with this ref, at the domain that mails come from.

    It is stored with the delivery, so that it stays the same when the settings change.
    """
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    domain = address.rpartition("@")[2] or "localhost"
    return f"<briefing-{ref}@{domain}>"


def mail_of(delivery: BriefingDelivery) -> EmailMessage:
    """Return the mail of a delivery. Raises UnavailableError if the PDF is missing or is not the one that was issued.

    The text names the issue and says where to read it; figures stand in the PDF alone, persons in neither.
    """
    briefing = delivery.briefing
    title = file_title(briefing)
    lines = [f"{title}，{briefing.number_line}，见附件。"]
    if briefing.edition > 1:
        lines.append("这是更正版，请以这一版为准；更正了什么、为什么更正，写在简报里。")
    lines.append(f"核验码：{briefing.code}")
    where = f"（{settings.PORTAL_URL}{briefing.get_absolute_url()}）" if settings.PORTAL_URL else ""
    lines.append(f"在手机上看，或查看背后的数据，请登录{PORTAL_NAME}{where}。")
    lines.append("（本邮件由系统自动发出，请勿回复。）")
    mail = EmailMessage(
        subject=f"【简报】{title}",
        body="\n\n".join(lines),
        to=[delivery.user.email],
        headers={"Message-ID": delivery.message_id},
    )
    mail.attach(f"{title}.pdf", _issued_pdf(delivery), "application/pdf")
    return mail


def _issued_pdf(delivery: BriefingDelivery) -> bytes:
    """Return the bytes of the PDF, compared with the digest that was stored when it was issued."""
    file = delivery.briefing.file_of(BriefingFile.Kind.PDF)
    try:
        content = file_path(file.name).read_bytes() if file is not None else b""
    except OSError:
        content = b""
    if file is None or hashlib.sha256(content).hexdigest() != file.sha256:
        raise UnavailableError(
            "简报的PDF不在了，或者与印发时的不一样，没有发送；请联系系统管理员从备份恢复文件后重新发送。",
            cure=f"The PDF of {delivery.briefing.ref} is missing or differs from its SHA-256. Restore it from a backup.",
        )
    return content
