from django.db import migrations

# Roles shipped before escalation existed.
GIVEN = {
    "agent": ["escalation:view"],
    "desk_manager": ["escalation:manage"],
    "delivery_manager": ["escalation:manage"],
    "administrator": ["escalation:view", "escalation:manage"],
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
    dependencies = [("accounts", "0008_correct_late_grant")]

    operations = [migrations.RunPython(give, take_back)]
