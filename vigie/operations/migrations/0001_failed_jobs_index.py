from django.db import migrations


class Migration(migrations.Migration):
    """Failed jobs are looked at while the many that went well wait for their purge."""

    atomic = False
    dependencies = [("procrastinate", "0041_post_retry_failed_job")]

    operations = [
        migrations.RunSQL(
            "create index concurrently if not exists vigie_jobs_failed on procrastinate_jobs (id)"
            " where status = 'failed'",
            "drop index concurrently if exists vigie_jobs_failed",
        )
    ]
