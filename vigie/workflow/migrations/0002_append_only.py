from django.db import migrations

from vigie.toolkit.sql import append_only


class Migration(migrations.Migration):
    dependencies = [("workflow", "0001_initial"), ("toolkit", "0002_search_and_journal")]

    operations = [append_only("workflow_workflowversion")]
