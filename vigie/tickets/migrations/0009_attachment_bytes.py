from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Does any other attachment hold these bytes? Asked before a file is removed."""

    atomic = False
    dependencies = [("tickets", "0008_canned_replies")]

    operations = [
        AddIndexConcurrently("attachment", models.Index(fields=["sha256"], name="attachment_bytes"))
    ]
