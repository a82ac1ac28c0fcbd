"""The share that a coverage asks for may not be missing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("targets", "0006_changes_since_the_lock"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="target",
            name="target_coverage_has_share",
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("aggregate", "coverage"),
                        ("coverage_at_least__gt", 0),
                        ("coverage_at_least__isnull", False),
                        ("coverage_at_least__lte", 100),
                    ),
                    models.Q(models.Q(("aggregate", "coverage"), _negated=True), ("coverage_at_least__isnull", True)),
                    _connector="OR",
                ),
                name="target_coverage_has_share",
                violation_error_message="按比例汇总的目标应写明比例下限（大于0，不超过100），其他目标不写。",
            ),
        ),
    ]
