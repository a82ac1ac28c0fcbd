import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReportingPeriod",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(help_text="当月1日", unique=True, verbose_name="月份")),
                (
                    "state",
                    models.CharField(
                        choices=[("upcoming", "未开放"), ("open", "填报中"), ("locked", "已锁定")],
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("opens_on", models.DateField(verbose_name="开放日")),
                ("due_on", models.DateField(verbose_name="截止日")),
                ("late_until", models.DateField(verbose_name="迟报截止日")),
                ("locked_at", models.DateTimeField(blank=True, null=True, verbose_name="锁定时间")),
                ("reopened_reason", models.CharField(blank=True, max_length=500, verbose_name="重新开放原因")),
                (
                    "locked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="锁定人",
                    ),
                ),
            ],
            options={
                "verbose_name": "统计月",
                "verbose_name_plural": "统计月",
                "ordering": ("-month",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("month__day", 1)),
                        name="period_is_first_of_month",
                        violation_error_message="统计月应为当月1日。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("due_on__lte", models.F("late_until")), ("opens_on__lte", models.F("due_on"))
                        ),
                        name="period_dates_in_order",
                        violation_error_message="开放日、截止日、迟报截止日应依次不早于前一个。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("locked_at__isnull", True), ("locked_by__isnull", True)),
                            models.Q(("locked_at__isnull", False), ("locked_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="period_locked_at_and_by",
                        violation_error_message="锁定时间和锁定人应同时填写。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("locked_at__isnull", False), ("state", "locked")),
                            models.Q(models.Q(("state", "locked"), _negated=True), ("locked_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="period_locked_has_time",
                        violation_error_message="已锁定的统计月应有锁定时间，其他统计月没有。",
                    ),
                ],
            },
        ),
    ]
