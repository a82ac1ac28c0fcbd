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
            name="Notice",
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
                ("title", models.CharField(max_length=80, verbose_name="标题")),
                ("text", models.CharField(blank=True, max_length=600, verbose_name="内容")),
                (
                    "url",
                    models.CharField(
                        blank=True, help_text="本平台内的地址，以/开头", max_length=200, verbose_name="链接"
                    ),
                ),
                ("about", models.CharField(blank=True, db_index=True, max_length=13, verbose_name="所说的记录")),
                (
                    "kind",
                    models.SlugField(
                        blank=True, help_text="由发出通知的程序使用，不显示", max_length=30, verbose_name="种类"
                    ),
                ),
                ("made_at", models.DateTimeField(auto_now_add=True, verbose_name="时间")),
                ("seen_at", models.DateTimeField(blank=True, null=True, verbose_name="看过的时间")),
                (
                    "mail",
                    models.CharField(
                        choices=[
                            ("portal", "只在平台内通知"),
                            ("none", "没有登记邮箱"),
                            ("waiting", "等待发送"),
                            ("sending", "正在发送"),
                            ("sent", "已发邮件"),
                            ("kept", "没有配置邮件服务器，邮件存在本机"),
                            ("failed", "邮件没有发出"),
                        ],
                        default="none",
                        max_length=8,
                        verbose_name="邮件",
                    ),
                ),
                ("mail_error", models.CharField(blank=True, max_length=200, verbose_name="没有发出的原因")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="收件人",
                    ),
                ),
            ],
            options={
                "verbose_name": "通知",
                "verbose_name_plural": "通知",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("seen_at__isnull", True)), fields=["user"], name="notice_not_seen"
                    ),
                    models.Index(
                        condition=models.Q(("mail__in", ("waiting", "sending"))),
                        fields=["heartbeat_at"],
                        name="notice_to_mail",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("url", ""), ("url__startswith", "/"), _connector="OR"),
                        name="notice_link_is_own",
                        violation_error_message="通知的链接应是本平台内的地址，以/开头。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("mail", "failed"), ("mail_error", ""), _negated=True),
                        name="notice_failed_mail_says_why",
                        violation_error_message="邮件没有发出时应写明原因。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("mail", "sending"), _negated=True),
                            ("heartbeat_at__isnull", False),
                            _connector="OR",
                        ),
                        name="notice_sending_has_time",
                        violation_error_message="正在发送的邮件应有发信时间。",
                    ),
                ],
            },
        ),
    ]
