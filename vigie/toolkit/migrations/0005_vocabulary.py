import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

from vigie.toolkit import vocabulary


class Migration(migrations.Migration):
    dependencies = [("toolkit", "0004_jobfailure")]

    operations = [
        migrations.RunSQL(vocabulary.SQL_FUNCTIONS, "drop function vigie_trigrams(text)"),
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                ("word", models.TextField(primary_key=True, serialize=False)),
                ("organisations", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ("uses", models.PositiveIntegerField()),
                (
                    "trigrams",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func("word", function="vigie_trigrams"),
                        output_field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None),
                    ),
                ),
            ],
            options={
                "indexes": [django.contrib.postgres.indexes.GinIndex(fields=["trigrams"], name="search_word_trigrams")],
            },
        ),
    ]
