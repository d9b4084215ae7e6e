from django.db import migrations, models

from vigie.toolkit import ordering


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_escalation_grants"), ("toolkit", "0008_order_of_names")]

    operations = [
        migrations.AddIndex(
            model_name="person",
            index=models.Index(ordering.NameKey("name"), models.F("id"), name="person_by_name"),
        ),
    ]
