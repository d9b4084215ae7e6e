from django.db import migrations

from vigie.toolkit.sql import append_only, held_together


class Migration(migrations.Migration):
    dependencies = [("contracts", "0001_initial"), ("tenancy", "0002_held_together")]

    operations = [
        held_together("contracts_commitment", "contract_id", "contracts_contract"),
        held_together("contracts_commitment", "site_id", "tenancy_site"),
        append_only("contracts_stampedterms"),
        append_only("contracts_calendarversion"),
    ]
