from django.db import migrations

from vigie.toolkit.sql import append_only, held_together


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_initial"), ("contracts", "0002_held_together")]

    operations = [
        held_together("tickets_ticket", "site_id", "tenancy_site"),
        held_together("tickets_ticket", "contract_id", "contracts_contract"),
        held_together("tickets_ticket", "parent_id", "tickets_ticket"),
        held_together("tickets_ticket", "duplicate_of_id", "tickets_ticket"),
        held_together("tickets_watcher", "ticket_id", "tickets_ticket"),
        held_together("tickets_ticketlink", "source_id", "tickets_ticket"),
        held_together("tickets_ticketlink", "target_id", "tickets_ticket"),
        held_together("tickets_message", "ticket_id", "tickets_ticket"),
        held_together("tickets_attachment", "ticket_id", "tickets_ticket"),
        held_together("tickets_attachment", "message_id", "tickets_message"),
        held_together("tickets_fact", "ticket_id", "tickets_ticket"),
        held_together("tickets_clock", "ticket_id", "tickets_ticket"),
        held_together("tickets_clock", "terms_id", "contracts_stampedterms"),
        append_only("tickets_fact"),
    ]
