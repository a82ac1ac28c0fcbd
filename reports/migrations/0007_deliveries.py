"""Recipients of issues, their deliveries, and the day on which an issue appears."""

import changzhi_portal.records
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


def begin_today(apps, schema_editor):
    """Let days of publication that are set already count from today, so that none of before is made up for."""
    settings = apps.get_model("reports", "BriefingSettings")
    settings.objects.filter(publication_day__isnull=False).update(publishes_since=timezone.localdate())


class Migration(migrations.Migration):
    dependencies = [
        ("communities", "0008_contacts"),
        ("periods", "0002_check_thresholds"),
        ("reports", "0006_constraints_of_the_life"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BriefingDelivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "ref",
                    models.CharField(
                        default=changzhi_portal.records.new_ref,
                        editable=False,
                        max_length=13,
                        unique=True,
                        verbose_name="记录编号",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False, verbose_name="版本")),
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
                ("queued_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="排队时间")),
                ("message_id", models.CharField(editable=False, max_length=200, unique=True, verbose_name="邮件编号")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("none", "没有登记邮箱"),
                            ("waiting", "等待发送"),
                            ("sending", "正在连接邮件服务器"),
                            ("handing", "正在交给邮件服务器"),
                            ("sent", "已发送"),
                            ("kept", "没有配置邮件服务器，邮件存在本机"),
                            ("unconfirmed", "已交给邮件服务器，未确认"),
                            ("failed", "没有发出"),
                            ("cancelled", "已取消"),
                        ],
                        default="waiting",
                        max_length=11,
                        verbose_name="邮件",
                    ),
                ),
                ("next_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="下次发送")),
                ("message", models.CharField(blank=True, max_length=200, verbose_name="没有发出的原因")),
                ("handed_at", models.DateTimeField(blank=True, null=True, verbose_name="交给邮件服务器的时间")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="发送时间")),
                ("read_at", models.DateTimeField(blank=True, null=True, verbose_name="阅读时间")),
                ("remind_on", models.DateField(blank=True, null=True, verbose_name="未读提醒日期")),
                ("reminded_at", models.DateTimeField(blank=True, null=True, verbose_name="未读提醒时间")),
            ],
            options={
                "verbose_name": "简报送达",
                "verbose_name_plural": "简报送达",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="BriefingRecipient",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
            options={
                "verbose_name": "简报收件人",
                "verbose_name_plural": "简报收件人",
                "ordering": ("division__code", "id"),
            },
        ),
        migrations.CreateModel(
            name="PublicationDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_on", models.DateField(verbose_name="印发日")),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="印发时间")),
                ("told_on", models.DateField(blank=True, null=True, verbose_name="最近提醒日期")),
            ],
            options={
                "verbose_name": "简报印发日",
                "verbose_name_plural": "简报印发日",
                "ordering": ("period__month", "division__code"),
            },
        ),
        migrations.AddField(
            model_name="briefingsettings",
            name="publishes_since",
            field=models.DateField(blank=True, editable=False, null=True, verbose_name="自动印发启用日期"),
        ),
        migrations.AddField(
            model_name="briefingsettings",
            name="unread_workdays",
            field=models.PositiveSmallIntegerField(
                blank=True,
                default=3,
                help_text="印发后几个工作日还没有看的，提醒收件人一次；不填则不提醒",
                null=True,
                verbose_name="未读提醒",
            ),
        ),
        migrations.RunPython(begin_today, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="briefingsettings",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("publication_day__isnull", True), ("publishes_since__isnull", False), _connector="OR"
                ),
                name="briefing_settings_publish_since",
                violation_error_message="设了印发日，应有启用日期。",
            ),
        ),
        migrations.AddConstraint(
            model_name="briefingsettings",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("unread_workdays__isnull", True), ("unread_workdays__range", (1, 30)), _connector="OR"
                ),
                name="briefing_settings_unread_workdays",
                violation_error_message="未读提醒应在1到30个工作日之间。",
            ),
        ),
        migrations.AddField(
            model_name="briefingdelivery",
            name="briefing",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="deliveries",
                to="reports.briefing",
                verbose_name="简报",
            ),
        ),
        migrations.AddField(
            model_name="briefingdelivery",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="briefing_deliveries",
                to=settings.AUTH_USER_MODEL,
                verbose_name="收件人",
            ),
        ),
        migrations.AddField(
            model_name="briefingrecipient",
            name="division",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="briefing_recipients",
                to="communities.division",
                verbose_name="区划",
            ),
        ),
        migrations.AddField(
            model_name="briefingrecipient",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="briefing_recipients",
                to=settings.AUTH_USER_MODEL,
                verbose_name="收件人",
            ),
        ),
        migrations.AddField(
            model_name="publicationday",
            name="division",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="publication_days",
                to="communities.division",
                verbose_name="区划",
            ),
        ),
        migrations.AddField(
            model_name="publicationday",
            name="period",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="publication_days",
                to="periods.reportingperiod",
                verbose_name="统计月",
            ),
        ),
        migrations.AddIndex(
            model_name="briefingdelivery",
            index=models.Index(
                condition=models.Q(("state__in", ("waiting", "sending", "handing"))),
                fields=["next_at"],
                name="briefing_to_mail",
            ),
        ),
        migrations.AddIndex(
            model_name="briefingdelivery",
            index=models.Index(
                condition=models.Q(("read_at", None), ("reminded_at", None)),
                fields=["remind_on"],
                name="briefing_not_read",
            ),
        ),
        migrations.AddConstraint(
            model_name="briefingdelivery",
            constraint=models.UniqueConstraint(
                fields=("briefing", "user"),
                name="briefing_delivery_once",
                violation_error_message="一版简报对一个收件人只有一条送达记录。",
            ),
        ),
        migrations.AddConstraint(
            model_name="briefingdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        ["none", "waiting", "sending", "handing", "sent", "kept", "unconfirmed", "failed", "cancelled"],
                    )
                ),
                name="briefing_delivery_state_known",
                violation_error_message="没有这种送达状态。",
            ),
        ),
        migrations.AddConstraint(
            model_name="briefingdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("handed_at__isnull", False), ("state__in", ["handing", "sent", "kept", "unconfirmed"])),
                    models.Q(
                        models.Q(("state__in", ["handing", "sent", "kept", "unconfirmed"]), _negated=True),
                        ("handed_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="briefing_delivery_handed_over",
                violation_error_message="交给邮件服务器的邮件应有时间，还没有交的没有。",
            ),
        ),
        migrations.AddConstraint(
            model_name="briefingdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("sent_at__isnull", False), ("state__in", ["sent", "kept"])),
                    models.Q(models.Q(("state__in", ["sent", "kept"]), _negated=True), ("sent_at__isnull", True)),
                    _connector="OR",
                ),
                name="briefing_delivery_sent_has_time",
                violation_error_message="已发送的邮件应有发送时间，没有发送的没有。",
            ),
        ),
        migrations.AddConstraint(
            model_name="briefingdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("message", ""), ("state__in", ["failed", "unconfirmed"]), _negated=True),
                name="briefing_delivery_says_why",
                violation_error_message="没有发出或未确认的邮件应写明原因。",
            ),
        ),
        migrations.AddConstraint(
            model_name="briefingdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["waiting", "sending", "handing"]), _negated=True),
                    ("heartbeat_at__isnull", False),
                    _connector="OR",
                ),
                name="briefing_delivery_has_heartbeat",
                violation_error_message="等待或正在发送的邮件应有心跳。",
            ),
        ),
        migrations.AddConstraint(
            model_name="briefingrecipient",
            constraint=models.UniqueConstraint(
                fields=("division", "user"),
                name="briefing_recipient_once",
                violation_error_message="这个人已在收件人里。",
            ),
        ),
        migrations.AddConstraint(
            model_name="publicationday",
            constraint=models.UniqueConstraint(
                fields=("division", "period"),
                name="publication_day_once",
                violation_error_message="一个区划一个月只有一个印发日。",
            ),
        ),
    ]
