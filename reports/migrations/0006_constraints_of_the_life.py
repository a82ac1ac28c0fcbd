"""What must hold in each stage of an issue."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0005_issues_of_before"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="briefing",
            name="pdf_name",
        ),
        migrations.AddConstraint(
            model_name="briefing",
            constraint=models.UniqueConstraint(
                fields=("period", "division", "span", "edition"),
                name="briefing_once",
                violation_error_message="这个区划本期的简报已有这一版。",
            ),
        ),
        migrations.AddConstraint(
            model_name="briefing",
            constraint=models.UniqueConstraint(
                fields=("division", "span", "total_number", "edition"),
                name="briefing_total_number_once",
                violation_error_message="总期号已被使用。",
            ),
        ),
        migrations.AddConstraint(
            model_name="briefing",
            constraint=models.UniqueConstraint(
                condition=models.Q(("code", ""), _negated=True),
                fields=("code",),
                name="briefing_code_once",
                violation_error_message="核验码已被使用。",
            ),
        ),
        migrations.AddConstraint(
            model_name="briefing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("correction_reason", ""), ("corrections", []), ("edition", 1)),
                    models.Q(("edition__gt", 1), models.Q(("correction_reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="briefing_correction_says_why",
                violation_error_message="更正版应写明为什么更正，原版没有更正说明。",
            ),
        ),
        migrations.AddConstraint(
            model_name="briefing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("stage__in", ["draft", "reviewed", "approved", "issuing", "issued", "withdrawn"]),
                    ("span__in", ["month", "quarter", "year"]),
                ),
                name="briefing_stage_known",
                violation_error_message="没有这种编发进度。",
            ),
        ),
        migrations.AddConstraint(
            model_name="briefing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("stage__in", ["issued", "withdrawn"]), _negated=True),
                    models.Q(
                        ("issued_at__isnull", False),
                        ("issued_on__isnull", False),
                        ("state", "printed"),
                        models.Q(("figures_sha256", ""), _negated=True),
                        models.Q(("code", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="briefing_issued_can_be_proven",
                violation_error_message="已印发的简报应有印发日期、数据校验值和核验码。",
            ),
        ),
        migrations.AddConstraint(
            model_name="briefing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("stage", "issuing"), _negated=True), ("issued_on__isnull", False), _connector="OR"
                ),
                name="briefing_issuing_has_day",
                violation_error_message="正在印发的简报应有印发日期。",
            ),
        ),
        migrations.AddConstraint(
            model_name="briefing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "printed"), _negated=True), ("printed_at__isnull", False), _connector="OR"
                ),
                name="briefing_printed_has_time",
                violation_error_message="已生成的简报应有生成时间。",
            ),
        ),
    ]
