import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from vigie.toolkit.sql import append_only, held_together


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0005_decided_exclusions"),
        ("tenancy", "0002_held_together"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FinalBalance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                ("agreed", models.TextField(max_length=2000, verbose_name="What was agreed")),
                ("settled_at", models.DateTimeField()),
                ("organisation", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="tenancy.organisation")),
                ("settled_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("statement", models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.statement")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("statement",), name="final_balance_once")],
            },
        ),
        held_together("compliance_finalbalance", "statement_id", "compliance_statement"),
        append_only("compliance_finalbalance"),
    ]
