from django.db import migrations

# What one person proposes another decides: with one contract manager there was nobody else, so the desk manager may too.
GIVEN = ["compliance:approve", "tickets:correct_late"]


def give(apps, schema_editor):
    for role in apps.get_model("accounts", "Role").objects.filter(code="desk_manager"):
        role.grants = sorted({*role.grants, *GIVEN})
        role.save(update_fields=["grants"])


def take_back(apps, schema_editor):
    for role in apps.get_model("accounts", "Role").objects.filter(code="desk_manager"):
        role.grants = [grant for grant in role.grants if grant not in GIVEN]
        role.save(update_fields=["grants"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_imported_teams")]

    operations = [migrations.RunPython(give, take_back)]
