from django.db import migrations

from vigie.toolkit.sql import held_together


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("tenancy", "0002_held_together")]

    operations = [
        held_together("accounts_affiliation", "entity_id", "tenancy_entity"),
        held_together("accounts_affiliation", "site_id", "tenancy_site"),
    ]
