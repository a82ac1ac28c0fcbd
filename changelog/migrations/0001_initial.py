import changzhi_portal.records
import django.core.serializers.json
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("communities", "0001_initial"),
        ("uploads", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RegisterLock",
            fields=[
                ("register", models.CharField(max_length=20, primary_key=True, serialize=False, verbose_name="登记表")),
            ],
            options={
                "verbose_name": "登记表锁",
                "verbose_name_plural": "登记表锁",
            },
        ),
        migrations.CreateModel(
            name="ChangeSet",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "ref",
                    models.CharField(
                        default=changzhi_portal.records.new_ref,
                        editable=False,
                        max_length=13,
                        unique=True,
                        verbose_name="编号",
                    ),
                ),
                ("made_at", models.DateTimeField(auto_now_add=True, db_index=True, verbose_name="时间")),
                ("summary", models.CharField(max_length=200, verbose_name="说明")),
                ("affects_figures", models.BooleanField(default=True, verbose_name="影响统计数据")),
                (
                    "batch",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="change_sets",
                        to="uploads.uploadbatch",
                        verbose_name="上传批次",
                    ),
                ),
                (
                    "division",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="communities.division",
                        verbose_name="所属区划",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="change_sets",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="操作人",
                    ),
                ),
                (
                    "reverses",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversed_by",
                        to="changelog.changeset",
                        verbose_name="撤销的变更",
                    ),
                ),
            ],
            options={
                "verbose_name": "变更集",
                "verbose_name_plural": "变更集",
                "ordering": ("-made_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="ChangeRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("model", models.CharField(help_text="app_label.modelname", max_length=60, verbose_name="表")),
                ("object_id", models.BigIntegerField(verbose_name="主键")),
                ("object_ref", models.CharField(blank=True, max_length=13, verbose_name="记录编号")),
                ("object_label", models.CharField(max_length=200, verbose_name="记录")),
                (
                    "kind",
                    models.CharField(
                        choices=[("created", "新增"), ("updated", "修改"), ("removed", "删除")],
                        max_length=10,
                        verbose_name="变更",
                    ),
                ),
                (
                    "batch_row",
                    models.PositiveIntegerField(blank=True, help_text="由哪一行引起", null=True, verbose_name="上传行"),
                ),
                (
                    "before",
                    models.JSONField(
                        default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="变更前"
                    ),
                ),
                (
                    "after",
                    models.JSONField(
                        default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="变更后"
                    ),
                ),
                (
                    "division",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="communities.division",
                        verbose_name="所属区划",
                    ),
                ),
                (
                    "change_set",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="records",
                        to="changelog.changeset",
                        verbose_name="变更集",
                    ),
                ),
            ],
            options={
                "verbose_name": "变更记录",
                "verbose_name_plural": "变更记录",
                "ordering": ("id",),
                "indexes": [
                    models.Index(fields=["model", "object_id"], name="change_of_object"),
                    models.Index(fields=["change_set", "batch_row"], name="change_of_uploaded_row"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("before", {}), ("kind", "updated"), _negated=True),
                        name="update_has_before",
                        violation_error_message="修改应有变更前的值。",
                    )
                ],
            },
        ),
    ]
