"""Store which later upload has replaced one (docs/domain.md §6.12).

Older uploads are not filled in: what the rule by time alone had hidden is listed again, to be confirmed or discarded.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("communities", "0001_initial"),
        ("periods", "0001_initial"),
        ("uploads", "0006_recognised_registers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="uploadbatch",
            name="replaced_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                help_text="以后上传并算报过的批次，里面有这个批次没有入库的每一行；它撤销以后不再代替",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="replaces",
                to="uploads.uploadbatch",
                verbose_name="由哪个批次代替",
            ),
        ),
        migrations.AddConstraint(
            model_name="uploadbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(("replaced_by", models.F("id")), _negated=True),
                name="batch_not_replaced_by_itself",
                violation_error_message="批次不能由自己代替。",
            ),
        ),
    ]
