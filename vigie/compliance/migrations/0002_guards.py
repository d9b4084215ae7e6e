from django.db import migrations

from vigie.toolkit.sql import held_together

# An approved statement, its lines and its clocks never change again, whoever asks.
FROZEN = """
create or replace function vigie_statement_frozen() returns trigger language plpgsql as $$
begin
  if current_setting('vigie.erasing', true) = 'on' then return coalesce(new, old); end if;
  if old.state = 'frozen' then
    raise exception 'statement % is frozen', old.id using errcode = 'integrity_constraint_violation';
  end if;
  return coalesce(new, old);
end $$;
create or replace function vigie_statement_part_frozen() returns trigger language plpgsql as $$
declare whole bigint := coalesce(new.statement_id, old.statement_id);
begin
  if current_setting('vigie.erasing', true) = 'on' then return coalesce(new, old); end if;
  if exists (select 1 from compliance_statement s where s.id = whole and s.state = 'frozen') then
    raise exception 'statement % is frozen', whole using errcode = 'integrity_constraint_violation';
  end if;
  return coalesce(new, old);
end $$;
create trigger compliance_statement_frozen before update or delete on compliance_statement
  for each row execute function vigie_statement_frozen();
create trigger compliance_statementline_frozen before insert or update or delete on compliance_statementline
  for each row execute function vigie_statement_part_frozen();
create trigger compliance_statementclock_frozen before insert or update or delete on compliance_statementclock
  for each row execute function vigie_statement_part_frozen();
"""
THAWED = """
drop trigger compliance_statementclock_frozen on compliance_statementclock;
drop trigger compliance_statementline_frozen on compliance_statementline;
drop trigger compliance_statement_frozen on compliance_statement;
drop function vigie_statement_part_frozen();
drop function vigie_statement_frozen();
"""

TABLES = {
    "compliance_penaltyterms": {"contract_id": "contracts_contract"},
    "compliance_ratecommitment": {"contract_id": "contracts_contract"},
    "compliance_exclusion": {
        "ticket_id": "tickets_ticket", "clock_id": "tickets_clock", "attachment_id": "tickets_attachment",
    },
    "compliance_statement": {"contract_id": "contracts_contract"},
    "compliance_statementline": {"statement_id": "compliance_statement", "commitment_id": "compliance_ratecommitment"},
    "compliance_statementclock": {
        "statement_id": "compliance_statement", "ticket_id": "tickets_ticket", "clock_id": "tickets_clock",
    },
}

# Roles shipped before compliance existed: who answers for contracts, who asks for exclusions.
GIVEN = {
    "delivery_manager": ["compliance:approve", "compliance:propose", "compliance:view"],
    "desk_manager": ["compliance:propose", "compliance:view"],
}


def give(apps, schema_editor):
    for role in apps.get_model("accounts", "Role").objects.filter(code__in=GIVEN):
        role.grants = sorted({*role.grants, *GIVEN[role.code]})
        role.save(update_fields=["grants"])


def take_back(apps, schema_editor):
    for role in apps.get_model("accounts", "Role").objects.filter(code__in=GIVEN):
        role.grants = [grant for grant in role.grants if grant not in GIVEN[role.code]]
        role.save(update_fields=["grants"])


class Migration(migrations.Migration):
    dependencies = [("compliance", "0001_initial"), ("accounts", "0006_operations_grants"), ("contracts", "0002_held_together")]

    operations = [
        *(held_together(table, column, target) for table, refs in TABLES.items() for column, target in refs.items()),
        migrations.RunSQL(FROZEN, THAWED),
        migrations.RunPython(give, take_back),
    ]
