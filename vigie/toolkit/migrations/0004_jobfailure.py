from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('toolkit', '0003_customer_search_once'),
    ]

    operations = [
        migrations.CreateModel(
            name='JobFailure',
            fields=[
                ('job_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('error', models.CharField(max_length=200)),
                ('place', models.CharField(max_length=200)),
                ('at', models.DateTimeField()),
            ],
        ),
    ]
