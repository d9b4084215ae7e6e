from django.db import connection, migrations

BATCH = 1000
FILL = """
update toolkit_searchdoc d set tsv = ts_filter(d.tsv, '{a,b,d}') || (
    select vigie_aside(string_agg(p.name || ' ' || split_part(coalesce(p.email, ''), '@', 1), ' '), string_agg(p.email, ' '))
    from accounts_person p where p.id in (t.requester_id, t.beneficiary_id) and p.side = 'client')
from tickets_ticket t
where d.kind = 'ticket' and d.object_id = t.id and t.id >= %s and t.id < %s
"""


def name_people(apps, schema_editor):
    """Make the tickets that are there findable by their requester and beneficiary.

    Each batch is a statement of its own: a row is locked for a moment only. A second run changes no answer.
    """
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(min(id), 0), coalesce(max(id), -1) from tickets_ticket")
        first, last = cursor.fetchone()
        for start in range(first, last + 1, BATCH):
            cursor.execute(FILL, [start, start + BATCH])


class Migration(migrations.Migration):
    """People of a ticket beside its texts; going back leaves them, older code reads them as words."""

    atomic = False
    dependencies = [
        ("tickets", "0014_asked_corrections"),
        ("toolkit", "0009_words_beside"),
        ("accounts", "0011_imported_teams"),
    ]

    operations = [migrations.RunPython(name_people, migrations.RunPython.noop)]
