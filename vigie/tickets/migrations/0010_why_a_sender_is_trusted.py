from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tickets', '0009_attachment_bytes'),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='trust_detail',
            field=models.CharField(blank=True, default='', db_default='', max_length=24),
        ),
    ]
