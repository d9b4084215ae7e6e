from django.db import migrations

from vigie.toolkit.sql import append_only, held_together

# What stands behind and after an approved statement is frozen with it.
FROZEN = """
create trigger compliance_statementrecord_frozen before insert or update or delete on compliance_statementrecord
  for each row execute function vigie_statement_part_frozen();
create trigger compliance_statementcorrection_frozen before insert or update or delete on compliance_statementcorrection
  for each row execute function vigie_statement_part_frozen();
"""
THAWED = """
drop trigger compliance_statementcorrection_frozen on compliance_statementcorrection;
drop trigger compliance_statementrecord_frozen on compliance_statementrecord;
"""

TABLES = {
    "compliance_outage": {"ticket_id": "tickets_ticket"},
    "compliance_delivery": {"contract_id": "contracts_contract"},
    "compliance_reading": {"contract_id": "contracts_contract"},
    "compliance_exclusion": {"outage_id": "compliance_outage", "delivery_id": "compliance_delivery"},
    "compliance_statementrecord": {
        "statement_id": "compliance_statement", "commitment_id": "compliance_ratecommitment",
    },
    "compliance_statementcorrection": {
        "statement_id": "compliance_statement", "corrected_id": "compliance_statement",
    },
    "compliance_creditrequest": {"statement_id": "compliance_statement"},
    "compliance_creditanswer": {"request_id": "compliance_creditrequest"},
}

class Migration(migrations.Migration):
    dependencies = [("compliance", "0003_measures")]

    operations = [
        *(held_together(table, column, target) for table, refs in TABLES.items() for column, target in refs.items()),
        migrations.RunSQL(FROZEN, THAWED),
        append_only("compliance_creditanswer"),
    ]
