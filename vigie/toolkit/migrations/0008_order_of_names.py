from django.db import migrations

from vigie.toolkit import ordering


class Migration(migrations.Migration):
    dependencies = [("toolkit", "0007_newest_words_first")]

    operations = [migrations.RunSQL(ordering.SQL_FUNCTION, ordering.SQL_GONE)]
