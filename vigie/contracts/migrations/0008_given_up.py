from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contracts", "0007_notice")]

    operations = [
        migrations.AlterField(
            "contract",
            "status",
            models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("negotiation", "In negotiation"),
                    ("signed", "Signed"),
                    ("active", "In force"),
                    ("suspended", "Suspended"),
                    ("notice_given", "Notice given"),
                    ("ended", "Ended"),
                    ("given_up", "Given up"),
                ],
                default="draft",
                max_length=12,
                verbose_name="Status",
            ),
        ),
    ]
