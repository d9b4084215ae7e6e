"""Reading workflows has its own grant: agents who work on tickets have it, as do those who publish."""

from django.db import migrations

READ, HAD = "workflow:view", ("tickets:work", "workflow:manage")


def give(apps, schema_editor):
    for role in apps.get_model("accounts", "Role").objects.all():
        if READ not in role.grants and any(grant in role.grants for grant in HAD):
            role.grants = [*role.grants, READ]
            role.save(update_fields=["grants"])


def take(apps, schema_editor):
    for role in apps.get_model("accounts", "Role").objects.all():
        role.grants = [grant for grant in role.grants if grant != READ]
        role.save(update_fields=["grants"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_held_together")]
    operations = [migrations.RunPython(give, take)]
