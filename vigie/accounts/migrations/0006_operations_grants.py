from django.db import migrations

# Roles shipped before the pages of operation existed.
GIVEN = ["operations:view", "operations:run"]


def give(apps, schema_editor):
    for role in apps.get_model("accounts", "Role").objects.filter(code="administrator"):
        role.grants = sorted({*role.grants, *GIVEN})
        role.save(update_fields=["grants"])


def take_back(apps, schema_editor):
    for role in apps.get_model("accounts", "Role").objects.filter(code="administrator"):
        role.grants = [grant for grant in role.grants if grant not in GIVEN]
        role.save(update_fields=["grants"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_replies_share")]

    operations = [migrations.RunPython(give, take_back)]
