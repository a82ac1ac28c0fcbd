"""Issues that were printed before there were stages: those of locked months were issued, the others are drafts."""

import base64
import hashlib
import json
from pathlib import Path

from django.conf import settings
from django.db import migrations

# Base32 of RFC 4648 → Crockford's, letter by letter.
_CROCKFORD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def _code(ref, digest):
    letters = base64.b32encode(hashlib.sha256(f"{ref} {digest}".encode()).digest()[:10]).decode().translate(_CROCKFORD)
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def _add_file(apps, briefing):
    path = Path(settings.MEDIA_ROOT) / briefing.pdf_name
    if briefing.pdf_name and path.is_file():
        content = path.read_bytes()
        apps.get_model("reports", "BriefingFile").objects.create(
            briefing=briefing,
            kind="pdf",
            name=briefing.pdf_name,
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
        )


def give_stages(apps, schema_editor):
    """Give every printed issue its stage, and issued ones what proves them."""
    briefings = apps.get_model("reports", "Briefing").objects.select_related("period")
    for briefing in briefings.order_by("pk").iterator(chunk_size=50):
        figures = json.dumps(briefing.figures, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        briefing.figures_sha256 = hashlib.sha256(figures.encode()).hexdigest()
        if briefing.edition > 1:
            briefing.correction_reason = "登记表在锁定后有更正"
        if briefing.state == "printed" and briefing.period.state == "locked":
            briefing.stage = "issued"
            briefing.issued_at = briefing.printed_at
            briefing.code = _code(briefing.ref, briefing.figures_sha256)
        else:
            briefing.issued_on = None
        briefing.save()
        _add_file(apps, briefing)


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0004_life_of_an_issue"),
    ]

    operations = [
        migrations.RunPython(give_stages, migrations.RunPython.noop),
    ]
