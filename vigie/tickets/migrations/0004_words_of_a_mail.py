import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from vigie.toolkit.sql import held_together


class Migration(migrations.Migration):
    dependencies = [
        ("tenancy", "0001_initial"),
        ("tickets", "0003_message_by_mail"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("message", "rest", models.TextField(blank=True, default="", db_default="")),
        migrations.CreateModel(
            name="ProposedWatcher",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("proposed_at", models.DateTimeField()),
                ("organisation", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="tenancy.organisation")),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
                (
                    "ticket",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tickets.ticket"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("ticket", "person"), name="proposed_watcher_once")],
            },
        ),
        held_together("tickets_proposedwatcher", "ticket_id", "tickets_ticket"),
    ]
