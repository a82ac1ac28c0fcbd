"""A submission step by step, and the reminders of it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("communities", "0001_initial"),
        ("periods", "0001_initial"),
        ("targets", "0002_shipped_plans"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
            ],
            options={
                "verbose_name": "催报",
                "verbose_name_plural": "催报",
                "ordering": ("-id",),
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
            ],
            options={
                "verbose_name": "上报步骤",
                "verbose_name_plural": "上报步骤",
                "ordering": ("id",),
            },
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "not_started"), ("submitted_at__isnull", False), _connector="OR"),
                name="submission_beyond_start_has_time",
                violation_error_message="已上报的月份应有上报时间。",
            ),
        ),
        migrations.AddField(
            model_name="reminder",
            name="asked_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="催报人",
            ),
        ),
        migrations.AddField(
            model_name="reminder",
            name="county",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reminders",
                to="communities.division",
                verbose_name="县（市、区）",
            ),
        ),
        migrations.AddField(
            model_name="reminder",
            name="period",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reminders",
                to="periods.reportingperiod",
                verbose_name="统计月",
            ),
        ),
        migrations.AddField(
            model_name="submissionstep",
            name="made_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="操作人",
            ),
        ),
        migrations.AddField(
            model_name="submissionstep",
            name="submission",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="steps",
                to="targets.submission",
                verbose_name="上报",
            ),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.UniqueConstraint(
                condition=models.Q(("occasion", "by_hand"), _negated=True),
                fields=("period", "county", "occasion"),
                name="reminder_once_an_occasion",
                violation_error_message="这个县这次已经自动提醒过。",
            ),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.UniqueConstraint(
                condition=models.Q(("occasion", "by_hand")),
                fields=("period", "county", "day"),
                name="reminder_by_hand_once_a_day",
                violation_error_message="这个县今天已经催报过。",
            ),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("asked_by__isnull", False), ("occasion", "by_hand")),
                    models.Q(models.Q(("occasion", "by_hand"), _negated=True), ("asked_by__isnull", True)),
                    _connector="OR",
                ),
                name="reminder_by_hand_has_person",
                violation_error_message="市局催报应写明催报人，自动提醒没有催报人。",
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
