from django.db import migrations


class Migration(migrations.Migration):
    """What waited in the outbox before mail could leave is never sent: its day is over.

    Backwards changes nothing: those rows stay what they became.
    """

    dependencies = [("notifications", "0002_outbox_of_mail")]

    operations = [
        migrations.RunSQL(
            "update notifications_delivery set state = 'skipped', answer = 'before_mail' where state = 'waiting' and lane = ''",
            migrations.RunSQL.noop,
        )
    ]
