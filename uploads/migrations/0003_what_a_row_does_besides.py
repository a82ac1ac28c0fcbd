from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("uploads", "0002_confirm_what_was_shown"),
    ]

    operations = [
        migrations.AddField(
            model_name="uploadrow",
            name="also",
            field=models.JSONField(
                default=list, help_text="各列以外还会发生什么，每条一句话", verbose_name="另外的影响"
            ),
        ),
    ]
