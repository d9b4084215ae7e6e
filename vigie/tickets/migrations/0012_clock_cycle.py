"""A promise kept again and again has a clock for each of its cycles.

On a large table the index is built beside the work. Going back works as long as no ticket has a second cycle.
"""

from django.db import migrations, models
from django.db.models import Q

OLD = models.UniqueConstraint(
    fields=["ticket", "kind"], condition=~Q(state="cancelled"), name="clock_one_live_per_kind"
)
NEW = models.UniqueConstraint(
    fields=["ticket", "kind", "cycle"], condition=~Q(state="cancelled"), name="clock_one_live_per_cycle"
)


def index(name, columns):
    return (
        f"create unique index concurrently {name} on tickets_clock ({columns}) where not state = 'cancelled'",
        f"drop index concurrently if exists {name}",
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tickets", "0011_clock_month")]

    operations = [
        migrations.AddField(
            model_name="clock",
            name="cycle",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(*index("clock_one_live_per_cycle", "ticket_id, kind, cycle"))],
            [migrations.AddConstraint(model_name="clock", constraint=NEW)],
        ),
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(*reversed(index("clock_one_live_per_kind", "ticket_id, kind")))],
            [migrations.RemoveConstraint(model_name="clock", name="clock_one_live_per_kind")],
        ),
    ]
