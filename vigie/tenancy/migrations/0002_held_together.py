from django.db import migrations

from vigie.toolkit.sql import held_together


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0001_initial"), ("toolkit", "0002_search_and_journal")]

    operations = [
        held_together("tenancy_entity", "parent_id", "tenancy_entity"),
        held_together("tenancy_site", "entity_id", "tenancy_entity"),
    ]
