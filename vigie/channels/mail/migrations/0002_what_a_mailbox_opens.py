from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mail", "0001_initial")]

    operations = [
        migrations.AddField(
            "mailbox",
            "ticket_type",
            models.CharField(
                choices=[("incident", "Incident"), ("request", "Request"), ("question", "Question")],
                default="incident",
                max_length=20,
                verbose_name="A mail opens",
            ),
        ),
    ]
