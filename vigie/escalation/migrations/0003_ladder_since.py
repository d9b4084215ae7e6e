import datetime as dt

from django.db import migrations, models

# A change of scope renewed every step, so that the oldest step is as old as the scope.
AS_ITS_STEPS = """
update escalation_ladder l set since = coalesce(
  (select min(s.since) from escalation_step s where s.ladder_id = l.id and not s.is_removed), now());
"""


class Migration(migrations.Migration):
    dependencies = [('escalation', '0002_clocks_behind')]

    operations = [
        migrations.AddField(
            model_name='ladder',
            name='since',
            field=models.DateTimeField(default=dt.datetime(2000, 1, 1, tzinfo=dt.UTC)),
            preserve_default=False,
        ),
        migrations.RunSQL(AS_ITS_STEPS, migrations.RunSQL.noop),
    ]
