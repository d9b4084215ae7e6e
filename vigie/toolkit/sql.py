"""SQL that migrations of every feature share: row protection and references that stay inside one client."""

from __future__ import annotations

from django.db import migrations

SCOPE_FUNCTION = """
create or replace function vigie_organisations() returns bigint[] language sql stable parallel safe as $$
  select coalesce(string_to_array(nullif(current_setting('app.organisations', true), ''), ',')::bigint[], '{}')
$$;
"""

CUSTOMER_SEARCH = """
create or replace function vigie_customer_search(wanted_kind text, words text, most int) returns setof bigint
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  return query select object_id from vigie_newest_hits(wanted_kind, array['public'], vigie_organisations(), words, 2000)
  order by ts_rank('{0.1, 0.02, 0.4, 1.0}', tsv, (select vigie_query(words))) desc, object_id desc limit most;
end $$;
"""

APPEND_ONLY = """
create or replace function vigie_append_only() returns trigger language plpgsql as $$
begin
  if current_setting('vigie.erasing', true) = 'on' then return coalesce(new, old); end if;
  raise exception 'table % is append-only', tg_table_name using errcode = 'integrity_constraint_violation';
end $$;
"""


def held_together(table: str, column: str, target: str, *, on_delete: str = "no action") -> migrations.RunSQL:
    """A composite foreign key ``(organisation_id, column)`` → ``target (organisation_id, id)``.

    The database then refuses a reference from one client's row to another client's.
    """
    name = f"{table}_{column}_held"
    return migrations.RunSQL(
        f"alter table {table} add constraint {name} foreign key (organisation_id, {column})"
        f" references {target} (organisation_id, id) on delete {on_delete} deferrable initially deferred",
        f"alter table {table} drop constraint {name}",
    )


def append_only(table: str, *, deletes: bool = True) -> migrations.RunSQL:
    """Refuse UPDATE (and DELETE) on ``table``, whoever asks."""
    events = "update or delete" if deletes else "update"
    return migrations.RunSQL(
        f"create trigger {table}_append_only before {events} on {table}"
        " for each row execute function vigie_append_only()",
        f"drop trigger {table}_append_only on {table}",
    )


def part_of_a_draft(table: str) -> migrations.RunSQL:
    """Refuse every change of rows whose ``version_id`` is in force (``vigie_part_of_a_draft``, of contracts)."""
    return migrations.RunSQL(
        f"create trigger {table}_of_a_draft before insert or update or delete on {table}"
        " for each row execute function vigie_part_of_a_draft()",
        f"drop trigger {table}_of_a_draft on {table}",
    )
