from django.db import migrations

# Who answers for contracts may correct recorded facts later than the next business day.
GIVEN = ["tickets:correct_late"]


def give(apps, schema_editor):
    for role in apps.get_model("accounts", "Role").objects.filter(code="delivery_manager"):
        role.grants = sorted({*role.grants, *GIVEN})
        role.save(update_fields=["grants"])


def take_back(apps, schema_editor):
    for role in apps.get_model("accounts", "Role").objects.filter(code="delivery_manager"):
        role.grants = [grant for grant in role.grants if grant not in GIVEN]
        role.save(update_fields=["grants"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_rota_grants")]

    operations = [migrations.RunPython(give, take_back)]
