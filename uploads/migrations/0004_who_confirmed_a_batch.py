import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F


def say_that_the_uploader_did(apps, schema_editor):
    """Until now the change log named the uploader, whoever had confirmed; batches that wait for a worker need somebody."""
    batches = apps.get_model("uploads", "UploadBatch")._default_manager
    batches.exclude(commit_mode="").update(confirmed_by=F("uploaded_by"))


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("uploads", "0003_why_a_locked_month_is_altered"),
    ]

    operations = [
        migrations.AddField(
            model_name="uploadbatch",
            name="confirmed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="确认入库的人",
            ),
        ),
        migrations.RunPython(say_that_the_uploader_did, migrations.RunPython.noop),
    ]
