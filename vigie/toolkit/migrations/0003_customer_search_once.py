from django.db import migrations

from vigie.toolkit import sql


class Migration(migrations.Migration):
    """The function of 0002 with its query made once a search; both answer the same, so going back leaves it."""

    dependencies = [("toolkit", "0002_search_and_journal")]

    operations = [migrations.RunSQL(sql.CUSTOMER_SEARCH, migrations.RunSQL.noop)]
