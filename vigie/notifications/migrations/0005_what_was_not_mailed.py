from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0004_notices_of_a_person_on_a_ticket'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(
                condition=models.Q(('state', 'skipped'), models.Q(('answer__in', ['before_mail', 'demo']), _negated=True)),
                fields=['-id'],
                name='delivery_skipped',
            ),
        ),
    ]
