from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """What one person was told of one ticket: each mail looks for those before it."""

    atomic = False
    dependencies = [("notifications", "0003_nothing_from_before_mail")]

    operations = [
        AddIndexConcurrently(
            "notice", models.Index(fields=["recipient", "subject_id"], name="notice_recipient_subject")
        )
    ]
