"""Sharing canned replies has its own grant: whoever shares views has it."""

from django.db import migrations

SHARE, HAD = "replies:share", "views:share"


def give(apps, schema_editor):
    for role in apps.get_model("accounts", "Role").objects.all():
        if SHARE not in role.grants and HAD in role.grants:
            role.grants = [*role.grants, SHARE]
            role.save(update_fields=["grants"])


def take(apps, schema_editor):
    for role in apps.get_model("accounts", "Role").objects.all():
        role.grants = [grant for grant in role.grants if grant != SHARE]
        role.save(update_fields=["grants"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_mail_grants")]
    operations = [migrations.RunPython(give, take)]
