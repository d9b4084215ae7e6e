from django.db import migrations, models


class Migration(migrations.Migration):
    """What is folded of a mail is called by what it is; a default of the database rewrites no table."""

    dependencies = [("tickets", "0015_people_in_search")]

    operations = [
        migrations.AddField(
            "message", "rest_kind", models.CharField(blank=True, db_default="", default="", max_length=10)
        ),
    ]
