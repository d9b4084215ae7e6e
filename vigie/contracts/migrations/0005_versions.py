"""Commitments move from dated rows of a contract onto versions of it.

Forwards, each day on which a contract's rows began or ended starts a version that holds the rows of that day; a row that
lives through several is copied, and keeps its ``line``. Backwards, each row is dated by its version; rows of a draft
amendment promised nothing and go.
"""

import datetime as dt

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from vigie.toolkit.sql import held_together, part_of_a_draft

SCOPE = ("kind", "ticket_type", "priority", "service_id", "category_id", "site_id", "vip_only")
DEFAULTS = {"on_priority_change": "carry_over", "on_reopen": "resume"}

STANDS = """
create function vigie_version_stands() returns trigger language plpgsql as $$
begin
  if current_setting('vigie.erasing', true) = 'on' then return coalesce(new, old); end if;
  if tg_op <> 'INSERT' and old.state = 'in_force' then
    raise exception 'version % of contract % is in force: it never changes', old.number, old.contract_id
      using errcode = 'integrity_constraint_violation';
  end if;
  if tg_op <> 'DELETE' and new.state = 'in_force' and exists (
    select 1 from contracts_contractversion v where v.contract_id = new.contract_id and v.id <> new.id
      and v.state = 'in_force' and v.effective_on >= new.effective_on) then
    raise exception 'version % of contract % would overlap the one in force', new.number, new.contract_id
      using errcode = 'exclusion_violation';
  end if;
  return coalesce(new, old);
end $$;
create trigger contracts_contractversion_stands before insert or update or delete on contracts_contractversion
  for each row execute function vigie_version_stands();
create function vigie_part_of_a_draft() returns trigger language plpgsql as $$
declare touched bigint[] = '{}';
begin
  if current_setting('vigie.erasing', true) = 'on' then return coalesce(new, old); end if;
  if tg_op <> 'INSERT' then touched = touched || old.version_id; end if;
  if tg_op <> 'DELETE' then touched = touched || new.version_id; end if;
  if exists (select 1 from contracts_contractversion v where v.id = any (touched) and v.state = 'in_force') then
    raise exception 'a row of % belongs to a version in force: it never changes', tg_table_name
      using errcode = 'integrity_constraint_violation';
  end if;
  return coalesce(new, old);
end $$;
"""
FALLS = """
drop trigger contracts_contractversion_stands on contracts_contractversion;
drop function vigie_version_stands();
drop function vigie_part_of_a_draft();
"""


def split(apps, schema_editor):
    Commitment = apps.get_model("contracts", "Commitment")
    for contract in apps.get_model("contracts", "Contract").objects.order_by("pk"):
        rows = list(Commitment.objects.filter(contract_id=contract.pk).order_by("pk"))
        lines = {}
        for row in rows:
            row.line = lines.setdefault(tuple(getattr(row, name) for name in SCOPE), len(lines) + 1)
            for name, usual in DEFAULTS.items():
                if getattr(row, name) == usual:
                    setattr(row, name, "")
        placed = set()
        for number, (day, active) in enumerate(_stretches(contract, rows), 1):
            version = _version(apps, contract, number, day)
            for row in active:
                if row.pk in placed:
                    row.pk = None
                    row._state.adding = True
                row.version_id = version.pk
                row.save()
                placed.add(row.pk)
    Commitment.objects.filter(version_id=None).delete()
    _settle(schema_editor)


def _stretches(contract, rows):
    """``(day, rows in force from that day)``, a new pair wherever they change; of two on one scope, the later."""
    if contract.status == "draft":
        return [(contract.starts_on, _best(row for row in rows if row.valid_until is None))]
    spans = [(max(row.valid_from, contract.starts_on), row.valid_until or dt.date.max, row) for row in rows]
    spans = [span for span in spans if span[0] < span[1]]
    days = {contract.starts_on, *(a for a, _, _ in spans), *(b for _, b, _ in spans if b < dt.date.max)}
    return [(day, _best(row for a, b, row in spans if a <= day < b)) for day in sorted(days)]


def _best(rows):
    best = {}
    for row in sorted(rows, key=lambda row: row.valid_from):
        best[row.line] = row
    return list(best.values())


def _version(apps, contract, number, day):
    return apps.get_model("contracts", "ContractVersion").objects.create(
        organisation_id=contract.organisation_id,
        contract_id=contract.pk,
        number=number,
        state="draft" if contract.status == "draft" else "in_force",
        effective_on=day,
        created_at=django.utils.timezone.now(),
    )


def join(apps, schema_editor):
    Commitment = apps.get_model("contracts", "Commitment")
    Version = apps.get_model("contracts", "ContractVersion")
    for contract in apps.get_model("contracts", "Contract").objects.order_by("pk"):
        versions = list(Version.objects.filter(contract_id=contract.pk).order_by("effective_on"))
        standing = [version for version in versions if version.state == "in_force"] or versions
        for version, following in zip(standing, [*standing[1:], None], strict=True):
            for row in Commitment.objects.filter(version_id=version.pk):
                row.contract_id = contract.pk
                row.valid_from = version.effective_on
                row.valid_until = following.effective_on if following else None
                column = "update" if row.kind == "update" else "resolution"
                if row.kind not in ("response", "reply"):
                    row.pauses = {**version.pauses.get(column, {}), **row.pauses}
                for name in DEFAULTS:
                    setattr(row, name, getattr(row, name) or getattr(version, name))
                row.save()
    Commitment.objects.filter(contract_id=None).delete()
    _settle(schema_editor)


def _settle(schema_editor):
    """Check the references written so far, so that the tables may be altered in this same transaction."""
    schema_editor.execute("set constraints all immediate")
    schema_editor.execute("set constraints all deferred")


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0004_closed_days_feed"),
        ("catalog", "0001_initial"),
        ("tenancy", "0002_held_together"),
    ]

    operations = [
        migrations.CreateModel(
            name="ContractVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(verbose_name="Number")),
                ("state", models.CharField(choices=[("draft", "Draft"), ("in_force", "In force")], default="draft", max_length=8, verbose_name="State")),
                ("effective_on", models.DateField(verbose_name="In force from")),
                ("changes", models.CharField(blank=True, max_length=500, verbose_name="What changes")),
                ("signed_on", models.DateField(blank=True, null=True, verbose_name="Signed on")),
                ("created_at", models.DateTimeField()),
                ("on_priority_change", models.CharField(default="carry_over", max_length=30, verbose_name="When the priority changes")),
                ("on_reopen", models.CharField(default="resume", max_length=12, verbose_name="When the ticket is reopened")),
                ("pauses", models.JSONField(blank=True, default=dict)),
                ("reopen_days", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="Reopening possible for")),
                ("close_days", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="Closed by itself after")),
                ("silence_days", django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None, verbose_name="Reminders")),
                ("contract", models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="contracts.contract")),
                ("organisation", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="tenancy.organisation")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["organisation", "id"], name="contract_version_held"),
                    models.UniqueConstraint(fields=["contract", "number"], name="contract_version_number"),
                    models.UniqueConstraint(condition=models.Q(("state", "in_force")), fields=("contract", "effective_on"), name="contract_version_once_a_day"),
                    models.UniqueConstraint(condition=models.Q(("state", "draft")), fields=("contract",), name="contract_version_one_draft"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Covered",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entity", models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, to="tenancy.entity", verbose_name="Entity")),
                ("organisation", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="tenancy.organisation")),
                ("service", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to="catalog.service", verbose_name="Service")),
                ("site", models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, to="tenancy.site", verbose_name="Site")),
                ("version", models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name="cover", to="contracts.contractversion")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("version", "service", "site", "entity"), name="covered_once", nulls_distinct=False),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("entity__isnull", True), ("service__isnull", False), ("site__isnull", True)),
                            models.Q(("entity__isnull", True), ("service__isnull", True), ("site__isnull", False)),
                            models.Q(("entity__isnull", False), ("service__isnull", True), ("site__isnull", True)),
                            _connector="OR",
                        ),
                        name="covered_one_thing",
                    ),
                ],
            },
        ),
        migrations.AddField("commitment", "line", models.PositiveSmallIntegerField(null=True, verbose_name="Line")),
        migrations.AddField("commitment", "version", models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="commitments", to="contracts.contractversion")),
        migrations.AlterField("commitment", "on_priority_change", models.CharField(blank=True, default="", max_length=30)),
        migrations.AlterField("commitment", "on_reopen", models.CharField(blank=True, default="", max_length=12)),
        migrations.AlterField("commitment", "contract", models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="commitments", to="contracts.contract")),
        migrations.AlterField("commitment", "valid_from", models.DateField(null=True, verbose_name="From")),
        migrations.RunPython(split, join),
        migrations.RunSQL(
            "alter table contracts_commitment drop constraint contracts_commitment_contract_id_held",
            "alter table contracts_commitment add constraint contracts_commitment_contract_id_held"
            " foreign key (organisation_id, contract_id) references contracts_contract (organisation_id, id)"
            " deferrable initially deferred",
        ),
        migrations.RemoveIndex("commitment", "commitment_contract"),
        migrations.RemoveField("commitment", "contract"),
        migrations.RemoveField("commitment", "valid_from"),
        migrations.RemoveField("commitment", "valid_until"),
        migrations.AlterField("commitment", "line", models.PositiveSmallIntegerField(verbose_name="Line")),
        migrations.AlterField("commitment", "version", models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name="commitments", to="contracts.contractversion")),
        migrations.AddIndex("commitment", models.Index(fields=["organisation", "version"], name="commitment_version")),
        migrations.AddConstraint("commitment", models.UniqueConstraint(fields=("version", "line"), name="commitment_line")),
        held_together("contracts_contractversion", "contract_id", "contracts_contract"),
        held_together("contracts_commitment", "version_id", "contracts_contractversion"),
        held_together("contracts_covered", "version_id", "contracts_contractversion"),
        held_together("contracts_covered", "site_id", "tenancy_site"),
        held_together("contracts_covered", "entity_id", "tenancy_entity"),
        migrations.RunSQL(STANDS, FALLS),
        part_of_a_draft("contracts_commitment"),
        part_of_a_draft("contracts_covered"),
    ]
