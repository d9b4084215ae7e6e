from django.db import migrations

from vigie.toolkit import search, sql


class Migration(migrations.Migration):
    dependencies = [("toolkit", "0001_initial")]

    operations = [
        migrations.RunSQL(
            search.SQL_FUNCTIONS,
            "drop function vigie_newest_hits(text, text[], bigint[], text, int); drop function vigie_query(text);"
            " drop function vigie_readings(text); drop function vigie_doc(text, text);"
            " drop function vigie_with_compounds(text); drop function vigie_fold(text)",
        ),
        migrations.RunSQL(sql.SCOPE_FUNCTION, "drop function vigie_organisations()"),
        migrations.RunSQL(sql.CUSTOMER_SEARCH, "drop function vigie_customer_search(text, text, int)"),
        migrations.RunSQL(sql.APPEND_ONLY, "drop function vigie_append_only()"),
        sql.append_only("toolkit_journalentry"),
    ]
