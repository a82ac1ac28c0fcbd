import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("changelog", "0001_initial"),
        ("communities", "0001_initial"),
        ("periods", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="LockedComparison",
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
                    "state",
                    models.CharField(
                        choices=[("running", "核对中"), ("finished", "已核对"), ("failed", "出错")],
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("started_at", models.DateTimeField(verbose_name="开始时间")),
                (
                    "finished_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="现有结果的核对时间；重新核对时保留到有新结果为止",
                        null=True,
                        verbose_name="完成时间",
                    ),
                ),
                ("changes_seen", models.PositiveIntegerField(default=0, verbose_name="已核对的变更集数")),
                (
                    "not_compared",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="锁定后新增或修改统计口径的指标",
                        verbose_name="未比较的指标",
                    ),
                ),
                (
                    "period",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="comparison",
                        to="periods.reportingperiod",
                        verbose_name="统计月",
                    ),
                ),
            ],
            options={
                "verbose_name": "锁定后核对",
                "verbose_name_plural": "锁定后核对",
            },
        ),
        migrations.CreateModel(
            name="LockedChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("changed", "数据变动"), ("added", "新列入"), ("gone", "不再列入")],
                        max_length=8,
                        verbose_name="变动",
                    ),
                ),
                ("code", models.CharField(max_length=12, verbose_name="代码")),
                ("name", models.CharField(max_length=60, verbose_name="名称")),
                ("columns", models.JSONField(default=list, verbose_name="数据")),
                ("verdicts", models.JSONField(default=list, verbose_name="判定")),
                (
                    "causes",
                    models.ManyToManyField(
                        related_name="+", to="changelog.changerecord", verbose_name="依据的变更记录"
                    ),
                ),
                (
                    "community",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="communities.community",
                        verbose_name="社区",
                    ),
                ),
                (
                    "division",
                    models.ForeignKey(
                        help_text="社区为当月所属街道（乡镇），以锁定的为准",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="communities.division",
                        verbose_name="区划",
                    ),
                ),
                (
                    "comparison",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="revisions.lockedcomparison",
                        verbose_name="核对",
                    ),
                ),
            ],
            options={
                "verbose_name": "锁定后变动",
                "verbose_name_plural": "锁定后变动",
            },
        ),
        migrations.CreateModel(
            name="LockedResultChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("target_code", models.CharField(max_length=40, verbose_name="目标代码")),
                ("target_name", models.CharField(max_length=30, verbose_name="目标")),
                ("position", models.PositiveSmallIntegerField(verbose_name="顺序")),
                ("unit", models.CharField(max_length=10, verbose_name="计量单位")),
                ("before", models.JSONField(null=True, verbose_name="锁定的结果")),
                ("after", models.JSONField(null=True, verbose_name="重算的结果")),
                (
                    "comparison",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="results",
                        to="revisions.lockedcomparison",
                        verbose_name="核对",
                    ),
                ),
                (
                    "division",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="communities.division",
                        verbose_name="区划",
                    ),
                ),
            ],
            options={
                "verbose_name": "锁定后结果变动",
                "verbose_name_plural": "锁定后结果变动",
            },
        ),
        migrations.AddConstraint(
            model_name="lockedcomparison",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "finished"), _negated=True), ("finished_at__isnull", False), _connector="OR"
                ),
                name="comparison_finished_has_time",
                violation_error_message="已完成的核对应有完成时间。",
            ),
        ),
        migrations.AddConstraint(
            model_name="lockedchange",
            constraint=models.UniqueConstraint(
                fields=("comparison", "community"),
                name="locked_change_once_per_community",
                violation_error_message="这个社区的变动已列出。",
            ),
        ),
        migrations.AddConstraint(
            model_name="lockedchange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("community__isnull", True)),
                fields=("comparison", "division"),
                name="locked_change_once_per_division",
                violation_error_message="这个区划的变动已列出。",
            ),
        ),
        migrations.AddConstraint(
            model_name="lockedresultchange",
            constraint=models.UniqueConstraint(
                fields=("comparison", "target_code", "division"),
                name="locked_result_change_once",
                violation_error_message="这个区划这项目标的变动已列出。",
            ),
        ),
    ]
