"""Ratios, means and coverages; plans in versions; what a division amounts to as a whole."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("communities", "0002_crosswalk"),
        ("periods", "0002_locked_months_have_a_time"),
        ("targets", "0003_submission_steps"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="targetplan",
            options={
                "ordering": ("starts_on", "code", "version"),
                "verbose_name": "目标方案",
                "verbose_name_plural": "目标方案",
            },
        ),
        migrations.AddField(
            model_name="communitymeasure",
            name="facilities",
            field=models.PositiveIntegerField(null=True, verbose_name="综合服务设施数"),
        ),
        migrations.AddField(
            model_name="target",
            name="aggregate",
            field=models.CharField(
                choices=[("each", "逐个达到"), ("mean", "平均达到"), ("coverage", "达到一定比例")],
                default="each",
                max_length=10,
                verbose_name="汇总方式",
            ),
        ),
        migrations.AddField(
            model_name="target",
            name="coverage_at_least",
            field=models.DecimalField(
                blank=True, decimal_places=2, help_text="含本数", max_digits=5, null=True, verbose_name="比例下限（%）"
            ),
        ),
        migrations.AddField(
            model_name="target",
            name="per",
            field=models.CharField(
                blank=True,
                choices=[("", "总数"), ("100_households", "每百户"), ("10000_residents", "每万人")],
                default="",
                max_length=20,
                verbose_name="折算",
            ),
        ),
        migrations.AddField(
            model_name="targetplan",
            name="is_current",
            field=models.BooleanField(default=True, editable=False, verbose_name="现行版本"),
        ),
        migrations.AddField(
            model_name="targetplan",
            name="made_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="修改时间"),
        ),
        migrations.AddField(
            model_name="targetplan",
            name="made_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="修改人",
            ),
        ),
        migrations.AddField(
            model_name="targetplan",
            name="reason",
            field=models.CharField(blank=True, editable=False, max_length=200, verbose_name="修改原因"),
        ),
        migrations.AddField(
            model_name="targetplan",
            name="version",
            field=models.PositiveIntegerField(default=1, editable=False, verbose_name="版本"),
        ),
        migrations.AddField(
            model_name="targetresult",
            name="value",
            field=models.DecimalField(
                decimal_places=2,
                help_text="覆盖率为百分数；逐个达到的目标为空",
                max_digits=14,
                null=True,
                verbose_name="平均数或覆盖率",
            ),
        ),
        migrations.AddField(
            model_name="targetresult",
            name="verdict",
            field=models.CharField(
                blank=True,
                choices=[
                    ("met", "达标"),
                    ("over", "超出上限"),
                    ("unmet", "未达标"),
                    ("not_applicable", "不适用"),
                    ("unknown", "未知"),
                ],
                default="",
                help_text="逐个达到的目标为空",
                max_length=14,
                verbose_name="总体判定",
            ),
        ),
        migrations.AlterField(
            model_name="target",
            name="kind",
            field=models.CharField(
                blank=True,
                choices=[("urban", "城市社区"), ("rural", "农村社区")],
                help_text="空表示不限",
                max_length=5,
                verbose_name="社区类型",
            ),
        ),
        migrations.AlterField(
            model_name="target",
            name="quotation",
            field=models.CharField(blank=True, max_length=300, verbose_name="原文"),
        ),
        migrations.AlterField(
            model_name="targetplan",
            name="code",
            field=models.SlugField(max_length=40, verbose_name="代码"),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("at_least__isnull", True),
                        models.Q(("at_least__gte", 0), ("at_least__lte", 1000000)),
                        _connector="OR",
                    ),
                    models.Q(
                        ("at_most__isnull", True),
                        models.Q(("at_most__gte", 0), ("at_most__lte", 1000000)),
                        _connector="OR",
                    ),
                ),
                name="target_bounds_plausible",
                violation_error_message="上限和下限应在0到1000000之间。",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["", "urban", "rural"])),
                name="target_kind_known",
                violation_error_message="请选择社区类型。",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=models.Q(("urban_districts_only", False), ("level", "county"), _connector="OR"),
                name="target_urban_districts_of_counties",
                violation_error_message="只有以县（市、区）为测评单位的目标才能限定市辖区。",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=models.Q(("per__in", ["", "100_households", "10000_residents"])),
                name="target_per_known",
                violation_error_message="请选择按总数、每百户还是每万人计算。",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=models.Q(("aggregate__in", ["each", "mean", "coverage"])),
                name="target_aggregate_known",
                violation_error_message="请选择逐个达到、平均达到还是达到一定比例。",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("level", "community"), models.Q(("aggregate", "each"), ("per", "")), _connector="OR"
                ),
                name="target_ratio_of_communities",
                violation_error_message="只有以社区为测评单位的目标才能按户数、人口折算，或者按平均、比例汇总。",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("aggregate", "coverage"), ("coverage_at_least__gt", 0), ("coverage_at_least__lte", 100)),
                    models.Q(models.Q(("aggregate", "coverage"), _negated=True), ("coverage_at_least__isnull", True)),
                    _connector="OR",
                ),
                name="target_coverage_has_share",
                violation_error_message="按比例汇总的目标应写明比例下限（大于0，不超过100），其他目标不写。",
            ),
        ),
        migrations.AddConstraint(
            model_name="targetplan",
            constraint=models.UniqueConstraint(
                fields=("code", "version"),
                name="plan_version_once",
                violation_error_message="这个方案的这一版本已经存在。",
            ),
        ),
        migrations.AddConstraint(
            model_name="targetplan",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_current", True)),
                fields=("code",),
                name="plan_current_once",
                violation_error_message="已有使用此代码的方案。",
            ),
        ),
        migrations.AddConstraint(
            model_name="targetplan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("made_at__isnull", True), ("made_by__isnull", True)),
                    models.Q(("made_at__isnull", False), ("made_by__isnull", False)),
                    _connector="OR",
                ),
                name="plan_made_at_and_by",
                violation_error_message="修改时间和修改人应同时填写。",
            ),
        ),
        migrations.AddConstraint(
            model_name="targetplan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("version", 1),
                    models.Q(("made_at__isnull", False), models.Q(("reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="plan_version_has_reason",
                violation_error_message="修改方案应写明原因。",
            ),
        ),
        migrations.AddConstraint(
            model_name="targetresult",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("verdict", ""), _negated=True), ("value__isnull", True), _connector="OR"),
                name="result_value_has_verdict",
                violation_error_message="有平均数或覆盖率的结果应有总体判定。",
            ),
        ),
    ]
