from django.db import migrations

from vigie.toolkit.sql import append_only


class Migration(migrations.Migration):
    """What was called out counts in the load of people: it is never rewritten."""

    dependencies = [("rota", "0001_initial")]

    operations = [append_only("rota_callout")]
