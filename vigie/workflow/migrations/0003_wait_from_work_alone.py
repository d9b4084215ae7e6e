import datetime as dt

from django.db import migrations


def publish(apps, schema_editor):
    """A new version of the incident's life where the newest still lets it wait before anybody works on it.

    What was opened under an older version keeps that version.
    """
    versions = apps.get_model("workflow", "WorkflowVersion").objects
    newest = versions.filter(ticket_type="incident").order_by("-version").first()
    if newest is None:
        return
    steps = [s for s in newest.definition["steps"] if not _waits_too_early(s)]
    if len(steps) == len(newest.definition["steps"]) or not any(s["verb"] == "wait" for s in steps):
        return
    now = dt.datetime.now(dt.UTC)
    fresh = versions.create(
        ticket_type="incident", version=newest.version + 1, definition={**newest.definition, "steps": steps},
        published_at=now, published_by="Vigie",
    )  # fmt: skip
    apps.get_model("toolkit", "JournalEntry").objects.create(
        at=now, actor_name="Vigie", subject="workflow.workflowversion", subject_id=fresh.pk, verb="published",
        after={"version": fresh.version},
    )  # fmt: skip


def _waits_too_early(step):
    return step["verb"] == "wait" and step["from"] in ("new", "assigned")


class Migration(migrations.Migration):
    dependencies = [("workflow", "0002_append_only"), ("toolkit", "0002_search_and_journal")]

    operations = [migrations.RunPython(publish, migrations.RunPython.noop)]
