"""The clocks of a month are asked for client by client; other tables refer to a client's clock and file with the client.

On a large table each index is built beside the work; the one it makes useless goes.
"""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


def held(model, name):
    """A unique constraint on (organisation, id), its index built concurrently."""
    table = f"tickets_{model}"
    return migrations.SeparateDatabaseAndState(
        [
            migrations.RunSQL(
                f"create unique index concurrently {name} on {table} (organisation_id, id)",
                f"drop index concurrently if exists {name}",
            ),
            migrations.RunSQL(
                f"alter table {table} add constraint {name} unique using index {name}",
                f"alter table {table} drop constraint {name}",
            ),
        ],
        [
            migrations.AddConstraint(
                model_name=model, constraint=models.UniqueConstraint(fields=["organisation", "id"], name=name)
            )
        ],
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tickets", "0010_why_a_sender_is_trusted")]

    operations = [
        AddIndexConcurrently(
            model_name="clock",
            index=models.Index(fields=["organisation", "stopped_at"], name="clock_org_stopped"),
        ),
        held("clock", "clock_held"),
        held("attachment", "attachment_held"),
        migrations.AlterField(
            model_name="clock",
            name="organisation",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, to="tenancy.organisation"
            ),
        ),
    ]
