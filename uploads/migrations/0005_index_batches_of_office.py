"""Index the batches of an office by register and month, in which the newest one replaces what was not settled."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("communities", "0001_initial"),
        ("periods", "0001_initial"),
        ("uploads", "0004_what_a_row_does_besides"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="uploadbatch",
            index=models.Index(fields=["division", "register", "period", "uploaded_at"], name="upload_batch_of_office"),
        ),
    ]
