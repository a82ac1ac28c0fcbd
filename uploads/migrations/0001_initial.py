import changzhi_portal.records
import django.core.serializers.json
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("communities", "0001_initial"),
        ("periods", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="UploadBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "heartbeat_at",
                    models.DateTimeField(
                        blank=True, help_text="最近一次排队、领取或处理的时间", null=True, verbose_name="心跳"
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0, verbose_name="尝试次数")),
                (
                    "claim_token",
                    models.CharField(
                        blank=True, editable=False, help_text="正在处理的那一次", max_length=13, verbose_name="领取标记"
                    ),
                ),
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
                ("register", models.CharField(max_length=20, verbose_name="登记表")),
                ("uploaded_at", models.DateTimeField(auto_now_add=True, verbose_name="上传时间")),
                ("file_name", models.CharField(max_length=255, verbose_name="文件名")),
                ("file_size", models.PositiveBigIntegerField(verbose_name="文件大小（字节）")),
                ("sha256", models.CharField(db_index=True, max_length=64, verbose_name="SHA-256")),
                (
                    "stored_as",
                    models.CharField(
                        blank=True,
                        help_text="MEDIA_ROOT 下的加密文件；清除后为空",
                        max_length=100,
                        verbose_name="加密原件",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "等待检查"),
                            ("checking", "正在检查"),
                            ("checked", "待确认"),
                            ("rejected", "文件不能用"),
                            ("commit_queued", "等待入库"),
                            ("committing", "正在入库"),
                            ("committed", "已入库"),
                            ("undo_queued", "等待撤销"),
                            ("undoing", "正在撤销"),
                            ("undone", "已撤销"),
                            ("failed", "系统出错"),
                        ],
                        db_index=True,
                        default="queued",
                        max_length=16,
                        verbose_name="状态",
                    ),
                ),
                ("locked_reason", models.CharField(blank=True, max_length=100, verbose_name="修改已锁定月份的原因")),
                (
                    "commit_mode",
                    models.CharField(
                        blank=True,
                        choices=[("all", "全部入库（有错误则都不入库）"), ("good", "只入库没有错误的行")],
                        max_length=4,
                        verbose_name="入库方式",
                    ),
                ),
                ("rows", models.PositiveIntegerField(default=0, verbose_name="数据行")),
                ("new", models.PositiveIntegerField(default=0, verbose_name="新增")),
                ("changed", models.PositiveIntegerField(default=0, verbose_name="修改")),
                ("unchanged", models.PositiveIntegerField(default=0, verbose_name="未变")),
                ("skipped", models.PositiveIntegerField(default=0, verbose_name="跳过")),
                ("errors", models.PositiveIntegerField(default=0, verbose_name="有错误的行")),
                ("warnings", models.PositiveIntegerField(default=0, verbose_name="有提醒的行")),
                (
                    "problems",
                    models.JSONField(
                        default=list,
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                        verbose_name="文件和表头的问题",
                    ),
                ),
                (
                    "mapping",
                    models.JSONField(
                        default=list, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="列的对应"
                    ),
                ),
                (
                    "read_as",
                    models.CharField(
                        blank=True,
                        help_text="读取规则和列对应的摘要；两次相同，读出的内容就相同",
                        max_length=64,
                        verbose_name="读法",
                    ),
                ),
                (
                    "month_in_file",
                    models.DateField(blank=True, help_text="当月1日", null=True, verbose_name="文件写的月份"),
                ),
                ("unmentioned", models.PositiveIntegerField(default=0, verbose_name="文件中没有的记录")),
                (
                    "problem_counts",
                    models.JSONField(default=dict, help_text="问题代码 → 行数", verbose_name="各种问题的行数"),
                ),
                (
                    "corrections",
                    models.JSONField(
                        default=list,
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                        help_text="个人信息以密文保存",
                        verbose_name="页面上改的单元格",
                    ),
                ),
                ("needs_reading", models.BooleanField(default=True, verbose_name="下次检查要重读文件")),
                (
                    "notifies_uploader",
                    models.BooleanField(
                        default=True, help_text="当场办完、当场看到结果的不通知", verbose_name="办完后通知上传人"
                    ),
                ),
                ("message", models.CharField(blank=True, max_length=500, verbose_name="结果说明")),
                ("committed_at", models.DateTimeField(blank=True, null=True, verbose_name="入库时间")),
                ("undo_reversed", models.PositiveIntegerField(default=0, verbose_name="撤销的行")),
                ("undo_kept", models.PositiveIntegerField(default=0, verbose_name="撤销时保留的行")),
                ("undo_failed", models.PositiveIntegerField(default=0, verbose_name="未能撤销的行")),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="确认入库的人",
                    ),
                ),
                (
                    "division",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="communities.division",
                        verbose_name="填报单位",
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="periods.reportingperiod",
                        verbose_name="统计月",
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="撤销人",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batches",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="上传人",
                    ),
                ),
            ],
            options={
                "verbose_name": "上传批次",
                "verbose_name_plural": "上传批次",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="UploadRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField(verbose_name="序")),
                ("sheet", models.CharField(blank=True, max_length=100, verbose_name="工作表")),
                ("row_number", models.PositiveIntegerField(verbose_name="Excel行号")),
                ("label", models.CharField(blank=True, max_length=200, verbose_name="记录")),
                (
                    "outcome",
                    models.CharField(
                        choices=[("new", "新增"), ("changed", "修改"), ("unchanged", "未变"), ("error", "有错误")],
                        max_length=10,
                        verbose_name="结果",
                    ),
                ),
                ("has_warning", models.BooleanField(default=False, verbose_name="有提醒")),
                (
                    "record_id",
                    models.BigIntegerField(
                        blank=True, help_text="登记表中的主键", null=True, verbose_name="对应的现有记录"
                    ),
                ),
                (
                    "values",
                    models.JSONField(
                        default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="整理后的值"
                    ),
                ),
                (
                    "raw",
                    models.JSONField(default=dict, help_text="个人信息以密文保存", verbose_name="有问题的单元格原文"),
                ),
                (
                    "changes",
                    models.JSONField(
                        default=list, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="改动"
                    ),
                ),
                (
                    "problems",
                    models.JSONField(
                        default=list, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="问题"
                    ),
                ),
                (
                    "codes",
                    models.CharField(
                        blank=True, help_text="前后各有一个空格，供筛选", max_length=500, verbose_name="问题代码"
                    ),
                ),
                (
                    "undo_outcome",
                    models.CharField(
                        blank=True,
                        choices=[("reversed", "已撤销"), ("kept", "保留"), ("failed", "未能撤销")],
                        max_length=10,
                        verbose_name="撤销结果",
                    ),
                ),
                ("undo_note", models.CharField(blank=True, max_length=200, verbose_name="撤销说明")),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="staged_rows",
                        to="uploads.uploadbatch",
                        verbose_name="批次",
                    ),
                ),
            ],
            options={
                "verbose_name": "上传行",
                "verbose_name_plural": "上传行",
                "ordering": ("batch", "position"),
            },
        ),
        migrations.CreateModel(
            name="ColumnMapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("register", models.CharField(max_length=20, verbose_name="登记表")),
                ("header", models.CharField(help_text="归一化之后", max_length=100, verbose_name="文件中的列名")),
                (
                    "field",
                    models.CharField(blank=True, help_text="空表示忽略这一列", max_length=40, verbose_name="对应的列"),
                ),
                (
                    "division",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="communities.division",
                        verbose_name="填报单位",
                    ),
                ),
            ],
            options={
                "verbose_name": "列的对应",
                "verbose_name_plural": "列的对应",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("division", "register", "header"),
                        name="column_mapping_once",
                        violation_error_message="这一列已有对应。",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="uploadbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "committed"), _negated=True), ("committed_at__isnull", False), _connector="OR"
                ),
                name="batch_committed_has_time",
                violation_error_message="已入库的批次应有入库时间。",
            ),
        ),
        migrations.AddConstraint(
            model_name="uploadbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ("checking", "committing", "undoing")), _negated=True),
                    ("heartbeat_at__isnull", False),
                    _connector="OR",
                ),
                name="batch_at_work_has_heartbeat",
                violation_error_message="处理中的批次应有心跳。",
            ),
        ),
        migrations.AddIndex(
            model_name="uploadrow",
            index=models.Index(fields=["batch", "outcome", "position"], name="upload_row_by_outcome"),
        ),
        migrations.AddIndex(
            model_name="uploadrow",
            index=models.Index(
                condition=models.Q(("has_warning", True)), fields=["batch", "position"], name="upload_row_with_warning"
            ),
        ),
        migrations.AddIndex(
            model_name="uploadrow",
            index=models.Index(
                condition=models.Q(("undo_outcome", ""), _negated=True),
                fields=["batch", "undo_outcome", "position"],
                name="upload_row_undone",
            ),
        ),
        migrations.AddIndex(
            model_name="uploadrow",
            index=models.Index(
                condition=models.Q(("record_id__isnull", False)),
                fields=["batch", "record_id"],
                name="upload_row_record",
            ),
        ),
        migrations.AddConstraint(
            model_name="uploadrow",
            constraint=models.UniqueConstraint(
                fields=("batch", "position"), name="upload_row_once", violation_error_message="批次中已有这一行。"
            ),
        ),
    ]
