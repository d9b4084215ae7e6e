from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mail', '0004_why_a_sender_is_trusted'),
    ]

    operations = [
        migrations.AddField(
            model_name='inboundmail',
            name='reader_deaths',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
    ]
