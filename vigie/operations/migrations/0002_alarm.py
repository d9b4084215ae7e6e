from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('operations', '0001_failed_jobs_index'),
    ]

    operations = [
        migrations.CreateModel(
            name='Alarm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True)),
                ('raised_at', models.DateTimeField()),
            ],
        ),
    ]
