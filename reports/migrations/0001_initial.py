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
            name="Briefing",
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
                ("issue_number", models.PositiveIntegerField(help_text="当年第几期", verbose_name="期号")),
                ("total_number", models.PositiveIntegerField(verbose_name="总期号")),
                (
                    "edition",
                    models.PositiveSmallIntegerField(default=1, help_text="1为原版，以后为更正版", verbose_name="版次"),
                ),
                ("corrections", models.JSONField(blank=True, default=list, verbose_name="更正说明")),
                ("issued_on", models.DateField(verbose_name="印发日期")),
                ("commentary", models.TextField(blank=True, verbose_name="按语")),
                ("next_steps", models.TextField(blank=True, verbose_name="下步工作")),
                ("reported_to", models.CharField(blank=True, max_length=200, verbose_name="报")),
                ("copied_to", models.CharField(blank=True, max_length=200, verbose_name="送")),
                ("distributed_to", models.CharField(blank=True, max_length=200, verbose_name="发")),
                ("copies", models.PositiveSmallIntegerField(default=30, verbose_name="印数")),
                (
                    "figures",
                    models.JSONField(
                        default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="数据"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "等待生成"),
                            ("printing", "正在生成"),
                            ("printed", "已生成"),
                            ("failed", "生成失败"),
                        ],
                        default="queued",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("step", models.CharField(blank=True, max_length=60, verbose_name="当前步骤")),
                ("message", models.CharField(blank=True, max_length=500, verbose_name="结果说明")),
                (
                    "pdf_name",
                    models.CharField(
                        blank=True, help_text="MEDIA_ROOT 下的文件", max_length=100, verbose_name="PDF文件"
                    ),
                ),
                ("printed_at", models.DateTimeField(blank=True, null=True, verbose_name="生成时间")),
                (
                    "division",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="briefings",
                        to="communities.division",
                        verbose_name="区划",
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="briefings",
                        to="periods.reportingperiod",
                        verbose_name="统计月",
                    ),
                ),
                (
                    "printed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="生成人",
                    ),
                ),
            ],
            options={
                "verbose_name": "简报",
                "verbose_name_plural": "简报",
                "ordering": ("-period__month", "division__code"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("period", "division", "edition"),
                        name="briefing_once",
                        violation_error_message="这个区划本月的简报已有这一版。",
                    ),
                    models.UniqueConstraint(
                        fields=("division", "total_number", "edition"),
                        name="briefing_total_number_once",
                        violation_error_message="总期号已被使用。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("corrections", []), ("edition", 1)),
                            models.Q(("edition__gt", 1), models.Q(("corrections", []), _negated=True)),
                            _connector="OR",
                        ),
                        name="briefing_correction_says_what",
                        violation_error_message="更正版应写明更正了什么，原版没有更正说明。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "printed"), _negated=True),
                            models.Q(("printed_at__isnull", False), models.Q(("pdf_name", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="briefing_printed_has_file",
                        violation_error_message="已生成的简报应有PDF文件。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ("queued", "printing")), _negated=True),
                            ("heartbeat_at__isnull", False),
                            _connector="OR",
                        ),
                        name="briefing_at_work_has_heartbeat",
                        violation_error_message="等待或正在生成的简报应有心跳。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("message", ""), ("state", "failed"), _negated=True),
                        name="briefing_failed_says_why",
                        violation_error_message="生成失败应写明原因。",
                    ),
                ],
            },
        ),
    ]
