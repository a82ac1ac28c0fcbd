"""The way of an issue from draft to withdrawal: stages, steps, files, settings."""

import changzhi_portal.records
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("communities", "0008_contacts"),
        ("periods", "0002_check_thresholds"),
        ("reports", "0003_trail_head"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BriefingFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("pdf", "PDF"),
                            ("xlsx", "数据表（Excel）"),
                            ("docx", "文字稿（Word）"),
                            ("json", "数据（JSON）"),
                        ],
                        max_length=4,
                        verbose_name="种类",
                    ),
                ),
                ("name", models.CharField(help_text="MEDIA_ROOT 下的文件", max_length=120, verbose_name="文件")),
                ("sha256", models.CharField(max_length=64, verbose_name="校验值（SHA-256）")),
                ("size", models.PositiveIntegerField(verbose_name="大小（字节）")),
            ],
            options={
                "verbose_name": "简报文件",
                "verbose_name_plural": "简报文件",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="BriefingSettings",
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
                ("masthead", models.CharField(default="三社联动工作简报", max_length=12, verbose_name="报头名称")),
                (
                    "office",
                    models.CharField(
                        blank=True, help_text="不填则为本级民政局", max_length=30, verbose_name="编发单位"
                    ),
                ),
                (
                    "seal_line",
                    models.CharField(
                        blank=True, help_text="如“签发：王某某”，印在期号右侧", max_length=30, verbose_name="签发"
                    ),
                ),
                ("reported_to", models.CharField(blank=True, max_length=200, verbose_name="报")),
                ("copied_to", models.CharField(blank=True, max_length=200, verbose_name="送")),
                ("distributed_to", models.CharField(blank=True, max_length=200, verbose_name="发")),
                ("copies", models.PositiveSmallIntegerField(default=30, verbose_name="印数")),
                (
                    "publication_day",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="次月几日自动印发，逢休息日顺延到下一个工作日；不填则由人工印发",
                        null=True,
                        verbose_name="印发日",
                    ),
                ),
                (
                    "needs_approval",
                    models.BooleanField(
                        default=True,
                        help_text="不勾选：到印发日各县（市、区）都已接收的，不经签发也自动印发",
                        verbose_name="签发后才印发",
                    ),
                ),
            ],
            options={
                "verbose_name": "简报设置",
                "verbose_name_plural": "简报设置",
                "ordering": ("division__code",),
            },
        ),
        migrations.CreateModel(
            name="BriefingStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("move", models.CharField(max_length=20, verbose_name="操作")),
                ("before", models.CharField(max_length=12, verbose_name="原状态")),
                ("after", models.CharField(max_length=12, verbose_name="新状态")),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="时间")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="说明")),
            ],
            options={
                "verbose_name": "简报步骤",
                "verbose_name_plural": "简报步骤",
                "ordering": ("pk",),
                "abstract": False,
            },
        ),
        migrations.RemoveConstraint(
            model_name="briefing",
            name="briefing_once",
        ),
        migrations.RemoveConstraint(
            model_name="briefing",
            name="briefing_total_number_once",
        ),
        migrations.RemoveConstraint(
            model_name="briefing",
            name="briefing_correction_says_what",
        ),
        migrations.RemoveConstraint(
            model_name="briefing",
            name="briefing_printed_has_file",
        ),
        migrations.AddField(
            model_name="briefing",
            name="code",
            field=models.CharField(blank=True, editable=False, max_length=19, verbose_name="核验码"),
        ),
        migrations.AddField(
            model_name="briefing",
            name="correction_reason",
            field=models.CharField(blank=True, max_length=500, verbose_name="更正原因"),
        ),
        migrations.AddField(
            model_name="briefing",
            name="figures_sha256",
            field=models.CharField(blank=True, editable=False, max_length=64, verbose_name="数据校验值"),
        ),
        migrations.AddField(
            model_name="briefing",
            name="issued_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="印发时间"),
        ),
        migrations.AddField(
            model_name="briefing",
            name="lists",
            field=models.JSONField(blank=True, default=dict, help_text="各项数字背后的全部社区", verbose_name="名单"),
        ),
        migrations.AddField(
            model_name="briefing",
            name="masthead",
            field=models.CharField(default="三社联动工作简报", max_length=12, verbose_name="报头名称"),
        ),
        migrations.AddField(
            model_name="briefing",
            name="office",
            field=models.CharField(blank=True, max_length=30, verbose_name="编发单位"),
        ),
        migrations.AddField(
            model_name="briefing",
            name="remarks",
            field=models.JSONField(blank=True, default=dict, verbose_name="分项说明"),
        ),
        migrations.AddField(
            model_name="briefing",
            name="seal_line",
            field=models.CharField(blank=True, max_length=30, verbose_name="签发"),
        ),
        migrations.AddField(
            model_name="briefing",
            name="span",
            field=models.CharField(
                choices=[("month", "月"), ("quarter", "季度"), ("year", "年度")],
                default="month",
                max_length=7,
                verbose_name="范围",
            ),
        ),
        migrations.AddField(
            model_name="briefing",
            name="stage",
            field=models.CharField(
                choices=[
                    ("draft", "草稿"),
                    ("reviewed", "待签发"),
                    ("approved", "待印发"),
                    ("issuing", "正在印发"),
                    ("issued", "已印发"),
                    ("withdrawn", "已撤回"),
                ],
                default="draft",
                max_length=9,
                verbose_name="编发进度",
            ),
        ),
        migrations.AddField(
            model_name="briefing",
            name="text",
            field=models.TextField(blank=True, editable=False, help_text="印发的文字，供查找", verbose_name="全文"),
        ),
        migrations.AddField(
            model_name="briefing",
            name="version",
            field=models.PositiveIntegerField(default=1, editable=False, verbose_name="版本"),
        ),
        migrations.AlterField(
            model_name="briefing",
            name="issued_on",
            field=models.DateField(blank=True, null=True, verbose_name="印发日期"),
        ),
        migrations.AlterField(
            model_name="briefing",
            name="ref",
            field=models.CharField(
                default=changzhi_portal.records.new_ref,
                editable=False,
                max_length=13,
                unique=True,
                verbose_name="记录编号",
            ),
        ),
        migrations.AlterField(
            model_name="briefing",
            name="trail_head",
            field=models.CharField(
                blank=True,
                editable=False,
                help_text="印发时审计记录的最新封存：序号和校验码的前16位",
                max_length=40,
                verbose_name="审计封存",
            ),
        ),
        migrations.AddField(
            model_name="briefingfile",
            name="briefing",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="files",
                to="reports.briefing",
                verbose_name="简报",
            ),
        ),
        migrations.AddField(
            model_name="briefingsettings",
            name="division",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="briefing_settings",
                to="communities.division",
                verbose_name="区划",
            ),
        ),
        migrations.AddField(
            model_name="briefingstep",
            name="briefing",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="steps",
                to="reports.briefing",
                verbose_name="简报",
            ),
        ),
        migrations.AddField(
            model_name="briefingstep",
            name="made_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="操作人",
            ),
        ),
        migrations.AddConstraint(
            model_name="briefingfile",
            constraint=models.UniqueConstraint(
                fields=("briefing", "kind"),
                name="briefing_file_once",
                violation_error_message="一版简报每种文件只有一个。",
            ),
        ),
        migrations.AddConstraint(
            model_name="briefingfile",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["pdf", "xlsx", "docx", "json"])),
                name="briefing_file_kind_known",
                violation_error_message="没有这种简报文件。",
            ),
        ),
        migrations.AddConstraint(
            model_name="briefingfile",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("name", ""), _negated=True), ("sha256__regex", "^[0-9a-f]{64}$")),
                name="briefing_file_has_digest",
                violation_error_message="简报文件应有文件名和校验值。",
            ),
        ),
        migrations.AddConstraint(
            model_name="briefingsettings",
            constraint=models.CheckConstraint(
                condition=models.Q(("masthead", ""), _negated=True),
                name="briefing_settings_have_masthead",
                violation_error_message="请填写报头名称。",
            ),
        ),
        migrations.AddConstraint(
            model_name="briefingsettings",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("publication_day__isnull", True), ("publication_day__range", (1, 31)), _connector="OR"
                ),
                name="briefing_settings_day_of_month",
                violation_error_message="印发日应是1到31之间的一天。",
            ),
        ),
        migrations.AddConstraint(
            model_name="briefingsettings",
            constraint=models.CheckConstraint(
                condition=models.Q(("copies__range", (1, 9999))),
                name="briefing_settings_copies",
                violation_error_message="印数应在1到9999之间。",
            ),
        ),
        migrations.AddConstraint(
            model_name="briefingstep",
            constraint=models.CheckConstraint(
                condition=models.Q(("move__in", ["send_back", "withdraw"]), ("note", ""), _negated=True),
                name="briefing_step_says_why",
                violation_error_message="退回和撤回应写明原因。",
            ),
        ),
    ]
