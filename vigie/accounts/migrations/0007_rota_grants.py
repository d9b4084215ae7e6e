from django.db import migrations

# Roles shipped before rotas existed: every agent reads them, who staffs the desk plans them.
GIVEN = {"agent": ["rota:view"], "dispatcher": ["rota:manage"], "desk_manager": ["rota:manage"]}


def give(apps, schema_editor):
    for role in apps.get_model("accounts", "Role").objects.filter(code__in=GIVEN):
        role.grants = sorted({*role.grants, *GIVEN[role.code]})
        role.save(update_fields=["grants"])


def take_back(apps, schema_editor):
    for role in apps.get_model("accounts", "Role").objects.filter(code__in=GIVEN):
        role.grants = [grant for grant in role.grants if grant not in GIVEN[role.code]]
        role.save(update_fields=["grants"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_operations_grants")]

    operations = [migrations.RunPython(give, take_back)]
