"""Targets may judge a figure of divisions (`figure.<code>`), which may be limited from above alone (docs/domain.md §5.13)."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("targets", "0003_figures_of_divisions")]

    operations = [
        migrations.AlterField(
            model_name="target",
            name="indicator",
            field=models.CharField(max_length=60, verbose_name="指标"),
        ),
        migrations.AlterField(
            model_name="targetresult",
            name="value",
            field=models.DecimalField(
                decimal_places=2,
                help_text="覆盖率为百分数；按登记表逐个达到的目标为空",
                max_digits=14,
                null=True,
                verbose_name="平均数、覆盖率或工作指标",
            ),
        ),
        migrations.AlterField(
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
                help_text="按登记表逐个达到的目标为空",
                max_length=14,
                verbose_name="总体判定",
            ),
        ),
        migrations.RemoveConstraint(model_name="target", name="scored_target_has_bound"),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=Q(
                    ("is_scored", False),
                    ("at_least__isnull", False),
                    Q(("at_most__isnull", False), ("indicator__startswith", "figure.")),
                    _connector="OR",
                ),
                name="scored_target_has_bound",
                violation_error_message="参与测评的目标应有下限；评工作指标的，下限、上限至少填一个。",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=Q(
                    Q(("indicator__startswith", "figure."), _negated=True),
                    Q(("is_scored", True), ("level", "county")),
                    _connector="OR",
                ),
                name="target_of_figure_judges_counties",
                violation_error_message="评工作指标的目标应参与测评，测评单位是县（市、区）。",
            ),
        ),
        migrations.RemoveConstraint(model_name="target", name="target_bounds_plausible"),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=Q(
                    Q(
                        ("at_least__isnull", True),
                        Q(("at_least__gte", -1000000), ("at_least__lte", 1000000)),
                        _connector="OR",
                    ),
                    Q(
                        ("at_most__isnull", True),
                        Q(("at_most__gte", -1000000), ("at_most__lte", 1000000)),
                        _connector="OR",
                    ),
                    Q(
                        ("indicator__startswith", "figure."),
                        Q(
                            Q(("at_least__isnull", True), ("at_least__gte", 0), _connector="OR"),
                            Q(("at_most__isnull", True), ("at_most__gte", 0), _connector="OR"),
                        ),
                        _connector="OR",
                    ),
                ),
                name="target_bounds_plausible",
                violation_error_message="上限和下限应在0到1000000之间；只有统计“工作指标”的可以是负数，表示比以前减少。",
            ),
        ),
    ]
