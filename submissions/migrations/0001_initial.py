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
            name="Submission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("not_started", "未上报"),
                            ("submitted", "已上报"),
                            ("returned", "已退回"),
                            ("accepted", "已接收"),
                        ],
                        default="not_started",
                        max_length=12,
                        verbose_name="状态",
                    ),
                ),
                ("is_late", models.BooleanField(default=False, verbose_name="迟报")),
                ("explanations", models.JSONField(blank=True, default=dict, verbose_name="情况说明")),
                ("return_note", models.CharField(blank=True, max_length=500, verbose_name="退回意见")),
                ("submitted_at", models.DateTimeField(blank=True, null=True, verbose_name="上报时间")),
                ("reviewed_at", models.DateTimeField(blank=True, null=True, verbose_name="审核时间")),
                (
                    "county",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="submissions",
                        to="communities.division",
                        verbose_name="县（市、区）",
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="submissions",
                        to="periods.reportingperiod",
                        verbose_name="统计月",
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="审核人",
                    ),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="上报人",
                    ),
                ),
            ],
            options={
                "verbose_name": "上报",
                "verbose_name_plural": "上报",
                "ordering": ("-period__month", "county__code"),
            },
        ),
        migrations.CreateModel(
            name="SubmissionStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("submitted", "上报"), ("returned", "退回"), ("accepted", "接收")],
                        max_length=10,
                        verbose_name="步骤",
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="时间")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="意见")),
                (
                    "explanations",
                    models.JSONField(blank=True, default=dict, help_text="这一次上报时写的", verbose_name="情况说明"),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="操作人",
                    ),
                ),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps",
                        to="submissions.submission",
                        verbose_name="上报",
                    ),
                ),
            ],
            options={
                "verbose_name": "上报步骤",
                "verbose_name_plural": "上报步骤",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Reminder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "occasion",
                    models.CharField(
                        choices=[("due_soon", "临近截止"), ("overdue", "已过截止"), ("by_hand", "市局催报")],
                        max_length=10,
                        verbose_name="事由",
                    ),
                ),
                ("day", models.DateField(verbose_name="日期")),
                ("sent_at", models.DateTimeField(auto_now_add=True, verbose_name="发出时间")),
                ("notices", models.PositiveIntegerField(default=0, verbose_name="通知人数")),
                (
                    "claim",
                    models.CharField(
                        editable=False, help_text="插入这一行的那一次", max_length=13, verbose_name="领取标记"
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="催报人",
                    ),
                ),
                (
                    "county",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reminders",
                        to="communities.division",
                        verbose_name="县（市、区）",
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reminders",
                        to="periods.reportingperiod",
                        verbose_name="统计月",
                    ),
                ),
            ],
            options={
                "verbose_name": "催报",
                "verbose_name_plural": "催报",
                "ordering": ("-id",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("occasion", "by_hand"), _negated=True),
                        fields=("period", "county", "occasion"),
                        name="reminder_once_an_occasion",
                        violation_error_message="这个县这次已经自动提醒过。",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("occasion", "by_hand")),
                        fields=("period", "county", "day"),
                        name="reminder_by_hand_once_a_day",
                        violation_error_message="这个县今天已经催报过。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("asked_by__isnull", False), ("occasion", "by_hand")),
                            models.Q(models.Q(("occasion", "by_hand"), _negated=True), ("asked_by__isnull", True)),
                            _connector="OR",
                        ),
                        name="reminder_by_hand_has_person",
                        violation_error_message="市局催报应写明催报人，自动提醒没有催报人。",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.UniqueConstraint(
                fields=("period", "county"), name="submission_once", violation_error_message="这个县本月已有上报记录。"
            ),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("submitted_at__isnull", True), ("submitted_by__isnull", True)),
                    models.Q(("submitted_at__isnull", False), ("submitted_by__isnull", False)),
                    _connector="OR",
                ),
                name="submission_submitted_at_and_by",
                violation_error_message="上报时间和上报人应同时填写。",
            ),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reviewed_at__isnull", True), ("reviewed_by__isnull", True)),
                    models.Q(("reviewed_at__isnull", False), ("reviewed_by__isnull", False)),
                    _connector="OR",
                ),
                name="submission_reviewed_at_and_by",
                violation_error_message="审核时间和审核人应同时填写。",
            ),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.CheckConstraint(
                condition=models.Q(("return_note", ""), ("state", "returned"), _negated=True),
                name="submission_returned_has_note",
                violation_error_message="退回应写明意见。",
            ),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "not_started"), ("submitted_at__isnull", False), _connector="OR"),
                name="submission_beyond_start_has_time",
                violation_error_message="已上报的月份应有上报时间。",
            ),
        ),
        migrations.AddConstraint(
            model_name="submissionstep",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "returned"), ("note", ""), _negated=True),
                name="step_returned_has_note",
                violation_error_message="退回应写明意见。",
            ),
        ),
    ]
