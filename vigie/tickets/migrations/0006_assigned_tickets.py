from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Leave the tickets of nobody out of the indexes by assignee, but for the live ones.

    To count live tickets of nobody, the planner read all of them ever opened in the index of the foreign key: a tenth
    of the table, several times a page of the queue. What is left to it is the index of live tickets.
    """

    atomic = False
    dependencies = [
        ("tickets", "0005_clock_breached"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            "ticket",
            models.Index(
                condition=models.Q(("assignee__isnull", False)),
                fields=["assignee", "-updated_at"],
                name="ticket_assigned",
            ),
        ),
        RemoveIndexConcurrently("ticket", "ticket_assignee"),
        migrations.AlterField(
            model_name="ticket",
            name="assignee",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
