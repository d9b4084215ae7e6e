from django.db import migrations

from vigie.toolkit import search


class Migration(migrations.Migration):
    dependencies = [("toolkit", "0009_words_beside")]

    operations = [migrations.RunSQL(search.SQL_FUNCTIONS, migrations.RunSQL.noop)]
