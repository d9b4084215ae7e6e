from django.db import migrations

from vigie.toolkit import search, sql


class Migration(migrations.Migration):
    """Words beside a text, and their rank. Going back leaves the functions: older code reads what they wrote."""

    dependencies = [("toolkit", "0008_order_of_names")]

    operations = [
        migrations.RunSQL(search.SQL_FUNCTIONS, migrations.RunSQL.noop),
        migrations.RunSQL(sql.CUSTOMER_SEARCH, migrations.RunSQL.noop),
    ]
