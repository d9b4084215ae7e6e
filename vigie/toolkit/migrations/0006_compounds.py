from django.db import connection, migrations

from vigie.toolkit import search

BATCH = 1000
JOIN = """
update toolkit_searchdoc d set tsv = d.tsv || added.tsv
from (select s.id, to_tsvector('simple', string_agg(distinct replace(w.lexeme, '-', ''), ' ')) tsv
      from toolkit_searchdoc s, unnest(s.tsv) w
      where s.id >= %s and s.id < %s and w.lexeme ~ '^[[:alnum:]]+(-[[:alnum:]]+)+$'
      group by s.id) added
where d.id = added.id
"""


def join_compounds(apps, schema_editor):
    """Add "wifi" to the texts that hold "wi-fi", from the words they were indexed with.

    Each batch is a statement of its own: a row is locked for a moment only. A second run changes no answer.
    """
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(min(id), 0), coalesce(max(id), -1) from toolkit_searchdoc")
        first, last = cursor.fetchone()
        for start in range(first, last + 1, BATCH):
            cursor.execute(JOIN, [start, start + BATCH])


class Migration(migrations.Migration):
    """Compounds joined, in the functions and in what is indexed; going back leaves both, older code reads them."""

    atomic = False
    dependencies = [("toolkit", "0005_vocabulary")]

    operations = [
        migrations.RunSQL(search.SQL_FUNCTIONS, migrations.RunSQL.noop),
        migrations.RunPython(join_compounds, migrations.RunPython.noop),
    ]
