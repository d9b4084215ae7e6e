import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

from vigie.toolkit import search, sql


class Migration(migrations.Migration):
    """One index of words and ages, and the functions that ask it the newest first. Going back leaves the functions: they
    answer the same without it."""

    atomic = False
    dependencies = [("toolkit", "0006_compounds")]

    operations = [
        AddIndexConcurrently(
            model_name="searchdoc",
            index=django.contrib.postgres.indexes.GinIndex(
                models.F("tsv"),
                models.Func(models.F("object_id"), template="(array[%(expressions)s >> 15])"),
                fastupdate=False,
                name="search_doc_words",
            ),
        ),
        migrations.RunSQL(search.SQL_FUNCTIONS, migrations.RunSQL.noop),
        migrations.RunSQL(sql.CUSTOMER_SEARCH, migrations.RunSQL.noop),
        RemoveIndexConcurrently(model_name="searchdoc", name="search_doc_tsv"),
    ]
