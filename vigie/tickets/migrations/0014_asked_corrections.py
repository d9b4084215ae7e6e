import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from vigie.toolkit.sql import held_together

# What was decided of a late correction never changes again, whoever asks.
DECIDED = """
create or replace function vigie_correction_decided() returns trigger language plpgsql as $$
begin
  if current_setting('vigie.erasing', true) = 'on' then return coalesce(new, old); end if;
  if old.state <> 'asked' then
    raise exception 'correction % is decided', old.id using errcode = 'integrity_constraint_violation';
  end if;
  return coalesce(new, old);
end $$;
create trigger tickets_askedcorrection_decided before update or delete on tickets_askedcorrection
  for each row execute function vigie_correction_decided();
"""
UNDECIDED = """
drop trigger tickets_askedcorrection_decided on tickets_askedcorrection;
drop function vigie_correction_decided();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0013_support_clocks"),
        ("tenancy", "0002_held_together"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AskedCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("said", models.JSONField()),
                ("before", models.JSONField(blank=True, default=dict)),
                ("why", models.TextField(max_length=2000, verbose_name="Justification")),
                ("state", models.CharField(choices=[("asked", "To be decided"), ("accepted", "Accepted"), ("refused", "Refused")], default="asked", max_length=8)),
                ("asked_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decision", models.TextField(blank=True, max_length=2000, verbose_name="Grounds of the decision")),
                ("asked_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("decided_by", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("organisation", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="tenancy.organisation")),
                ("ticket", models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tickets.ticket")),
            ],
            options={
                "indexes": [models.Index(condition=models.Q(("state", "asked")), fields=["organisation", "id"], name="asked_correction_waits")],
                "constraints": [
                    models.UniqueConstraint(condition=models.Q(("state", "asked")), fields=("ticket",), name="asked_correction_one_at_a_time"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at", None), ("decided_by", None), ("state", "asked")),
                            models.Q(("decided_at__isnull", False), ("decided_by__isnull", False), models.Q(("decided_by", models.F("asked_by")), _negated=True)),
                            _connector="OR",
                        ),
                        name="asked_correction_decided_by_another",
                    ),
                ],
            },
        ),
        held_together("tickets_askedcorrection", "ticket_id", "tickets_ticket"),
        migrations.RunSQL(DECIDED, UNDECIDED),
    ]
