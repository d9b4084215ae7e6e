from django.db import migrations

# Roles shipped before mail existed: who sets it up, who decides about mails that wait.
GIVEN = {
    "administrator": ["mail:manage", "mail:triage"],
    "desk_manager": ["mail:triage"],
    "dispatcher": ["mail:triage"],
}


def give(apps, schema_editor):
    for role in apps.get_model("accounts", "Role").objects.filter(code__in=GIVEN):
        role.grants = sorted({*role.grants, *GIVEN[role.code]})
        role.save(update_fields=["grants"])


def take_back(apps, schema_editor):
    for role in apps.get_model("accounts", "Role").objects.filter(code__in=GIVEN):
        role.grants = [grant for grant in role.grants if grant not in GIVEN[role.code]]
        role.save(update_fields=["grants"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_workflow_view")]

    operations = [migrations.RunPython(give, take_back)]
