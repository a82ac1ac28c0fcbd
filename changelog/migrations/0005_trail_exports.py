from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("changelog", "0004_trail")]

    operations = [
        migrations.AddIndex(
            model_name="trailrecord",
            index=models.Index(
                fields=["object_label", "made_at"],
                condition=models.Q(kind__in=("exported", "exported_clear", "template")),
                name="trail_exports",
            ),
        ),
    ]
