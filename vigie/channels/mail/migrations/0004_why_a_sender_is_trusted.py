from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mail', '0003_fetching_memory'),
    ]

    operations = [
        migrations.AddField(
            model_name='inboundmail',
            name='trust_detail',
            field=models.CharField(blank=True, default='', db_default='', max_length=24),
        ),
    ]
