from django.db import migrations, models


class Migration(migrations.Migration):
    """Every changed clock is listed now: paged in the order of the tickets, whatever the month."""

    dependencies = [("replay", "0001_initial")]

    operations = [
        migrations.AddIndex(
            "changedclock", models.Index(fields=["study", "variant", "id"], name="study_changed_list")
        ),
        migrations.RemoveIndex("changedclock", "study_changed"),
    ]
