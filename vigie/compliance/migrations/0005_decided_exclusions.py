from django.db import migrations

# What was decided of an exclusion never changes again, whoever asks: a refused one is asked anew, as a row of its own.
DECIDED = """
create or replace function vigie_exclusion_decided() returns trigger language plpgsql as $$
begin
  if current_setting('vigie.erasing', true) = 'on' then return coalesce(new, old); end if;
  if old.state <> 'asked' then
    raise exception 'exclusion % is decided', old.id using errcode = 'integrity_constraint_violation';
  end if;
  return coalesce(new, old);
end $$;
create trigger compliance_exclusion_decided before update or delete on compliance_exclusion
  for each row execute function vigie_exclusion_decided();
"""
UNDECIDED = """
drop trigger compliance_exclusion_decided on compliance_exclusion;
drop function vigie_exclusion_decided();
"""


class Migration(migrations.Migration):
    dependencies = [("compliance", "0004_measures_guards")]

    operations = [migrations.RunSQL(DECIDED, UNDECIDED)]
