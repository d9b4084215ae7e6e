from django.db import migrations, models

# An import names its teams by a slug that ends with eight hexadecimal digits; nobody who can sign in is in them.
_MARK = r"""
update accounts_team set is_imported = true
where code ~ '^[a-z0-9-]+-[0-9a-f]{8}$' and not exists (
  select 1 from accounts_teammember m join accounts_person p on p.id = m.agent_id
  where m.team_id = accounts_team.id and p.email > '')
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_people_by_name")]

    operations = [
        migrations.AddField(
            model_name="team",
            name="is_imported",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.RunSQL(_MARK, migrations.RunSQL.noop),
    ]
