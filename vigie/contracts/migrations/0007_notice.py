from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contracts", "0006_parties")]

    operations = [
        migrations.AddField(
            "contract", "notice_on", models.DateField(blank=True, null=True, verbose_name="Date of the notice")
        ),
        migrations.AddField(
            "contract",
            "notice_reference",
            models.CharField(blank=True, default="", max_length=120, verbose_name="Reference of the letter"),
            preserve_default=False,
        ),
    ]
