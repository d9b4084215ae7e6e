import django.db.models.deletion
from django.db import migrations, models

# Back to clocks of the client alone: what fired on others goes, and ladders of others would tell of the wrong clocks.
CLIENT_ALONE = """
set constraints all immediate;
delete from escalation_recipient where escalation_id in (select id from escalation_escalation where support_clock_id is not null);
delete from escalation_escalation where support_clock_id is not null;
update escalation_ladder set is_active = false, kind = '' where whose <> 'client';
"""


class Migration(migrations.Migration):
    dependencies = [('escalation', '0001_initial'), ('tickets', '0013_support_clocks')]

    operations = [
        migrations.CreateModel(
            name='SupportWatch',
            fields=[
                ('clock', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='escalation_watch', serialize=False, to='tickets.supportclock')),
                ('version', models.PositiveIntegerField()),
                ('next_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name='escalation',
            name='support_clock',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tickets.supportclock'),
        ),
        migrations.AddField(
            model_name='ladder',
            name='whose',
            field=models.CharField(choices=[('client', 'Promises to the client'), ('team', 'Promises of teams'), ('supplier', 'Promises of suppliers')], default='client', max_length=8, verbose_name='Which promises'),
        ),
        migrations.AlterField(
            model_name='escalation',
            name='clock',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tickets.clock'),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, CLIENT_ALONE),
        migrations.AddIndex(
            model_name='escalation',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['support_clock'], name='escalation_waiting_behind'),
        ),
        migrations.AddConstraint(
            model_name='escalation',
            constraint=models.UniqueConstraint(fields=('support_clock', 'step'), name='escalation_once_behind'),
        ),
        migrations.AddConstraint(
            model_name='escalation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('clock__isnull', False), ('support_clock', None)), models.Q(('clock', None), ('support_clock__isnull', False)), _connector='OR'), name='escalation_of_one_clock'),
        ),
        migrations.AddIndex(
            model_name='supportwatch',
            index=models.Index(condition=models.Q(('next_at__isnull', False)), fields=['next_at'], name='watch_next_behind'),
        ),
    ]
