"""The month's missed promises are asked on every visit of the clients board."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tickets", "0004_words_of_a_mail")]

    operations = [
        AddIndexConcurrently(
            model_name="clock",
            index=models.Index(
                condition=models.Q(("breached_at__isnull", False)), fields=["breached_at"], name="clock_breached"
            ),
        ),
    ]
