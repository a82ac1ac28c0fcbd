from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("uploads", "0003_batch_lifecycle"),
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
