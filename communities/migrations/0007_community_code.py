"""An index by code, which the lists of records of communities are sorted by."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the index."""

    dependencies = [("communities", "0006_entries_by_their_saves")]

    operations = [
        migrations.AddIndex(
            model_name="community",
            index=models.Index(fields=["code"], name="community_code"),
        ),
    ]
