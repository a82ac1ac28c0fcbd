"""A check that was not finished is known as such; the mappings by which a file's registers were recognised are kept."""

from django.db import migrations, models
from django.db.models import Q


def mark_unfinished_checks(apps, schema_editor):
    """Mark the batches whose rest may be older than its corrections, which nothing told so far.

    Of a rest that waits with a message a check or a commit has failed; a rest that is being checked may fail yet.
    """
    batches = apps.get_model("uploads", "UploadBatch").objects.filter(committed_at__isnull=False)
    may_be_old = Q(state__in=("queued", "checking")) | (Q(state="checked") & ~Q(message=""))
    batches.filter(may_be_old).update(needs_check=True)


class Migration(migrations.Migration):
    dependencies = [("uploads", "0007_replaced_by_a_later_upload")]

    operations = [
        migrations.AddField(
            model_name="uploadbatch",
            name="needs_check",
            field=models.BooleanField(
                default=False, help_text="逐行结果还是改动以前的，核对完才能入库", verbose_name="改动以后还没有核对完"
            ),
        ),
        migrations.AddField(
            model_name="uploadbatch",
            name="recognised_with",
            field=models.JSONField(
                default=None,
                help_text="认出登记表时本单位的列的对应；同一个文件的各批次相同",
                null=True,
                verbose_name="识别时的列的对应",
            ),
        ),
        migrations.AddConstraint(
            model_name="uploadbatch",
            constraint=models.CheckConstraint(
                condition=Q(needs_check=False)
                | Q(state__in=("queued", "checking", "checked", "rejected", "failed", "discarded")),
                name="batch_committed_as_last_checked",
                violation_error_message="改动以后还没有核对完的批次不能入库。",
            ),
        ),
        migrations.RunPython(mark_unfinished_checks, migrations.RunPython.noop, elidable=True),
    ]
