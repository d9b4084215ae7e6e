"""The second wall alone, in raw SQL as the portal's role, and the catalogue that proves how it is built."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from tests.world import START, World, report
from vigie.tenancy import walls
from vigie.tenancy.walls import Client, Internal, Shared, classification, client_wall, past_the_wall
from vigie.tickets.actions.conversation import Said, add_note, reply
from vigie.tickets.actions.lifecycle import Given, take_step

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(world: World) -> World:
    """Tickets with messages, notes and steps at A and at B."""
    for client in (world.a, world.b):
        ticket = report(world, client)
        agent = world.actor(world.agent_all)
        reply(agent, ticket.pk, Said("<p>Bonjour</p>"), now=START)
        add_note(agent, ticket.pk, Said("<p>note</p>"), now=START)
        take_step(agent, ticket.pk, "start", Given(), now=START)
    return world


def rows(sql: str, params: list[object] | None = None) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def owner_column(table: str) -> str | None:
    for model in apps.get_models():
        if model._meta.db_table == table:
            names = {f.column for f in model._meta.concrete_fields}
            return "organisation_id" if "organisation_id" in names else None
    return None


def test_every_table_is_classified_and_every_entry_exists() -> None:
    known = set(classification())
    tables = {name for (name,) in rows("select tablename from pg_tables where schemaname = 'public'")}
    assert tables - known == set(), "classify these tables in their feature's access.TABLES"
    assert known - tables == set(), "these classified tables no longer exist"
    assert not walls.check_classification()


def test_every_client_table_has_row_security_and_a_policy() -> None:
    protected = {
        name for (name,) in rows("select relname from pg_class where relrowsecurity and relkind = 'r'")
    }
    policies = {
        name for (name,) in rows("select tablename from pg_policies where policyname = 'vigie_portal_rows'")
    }
    for table, kind in classification().items():
        assert table in protected, table
        assert (table in policies) == isinstance(kind, Client | Shared), table


def test_the_role_is_bare() -> None:
    (attributes,) = rows(
        "select rolsuper, rolcreatedb, rolcreaterole, rolcanlogin, rolbypassrls from pg_roles where rolname = 'vigie_portal'"
    )
    assert attributes == (False, False, False, False, False)
    leaky = rows("select viewname from pg_views where schemaname = 'public'")
    assert leaky == [], "a view needs security_invoker: list it here with that option"
    definers = {
        n
        for (n,) in rows(
            "select proname from pg_proc p join pg_namespace n on n.oid = pronamespace where prosecdef and nspname = 'public'"
        )
    }
    assert definers == {"vigie_customer_search"}


def test_references_between_client_tables_hold_the_client() -> None:
    """Every foreign key from one client table to another includes the organisation, or points at it."""
    client_tables = {
        t for t, kind in classification().items() if isinstance(kind, Client) and owner_column(t)
    }
    found = rows(
        """
        select c.conrelid::regclass::text, c.confrelid::regclass::text,
               array(select attname::text from unnest(c.conkey) k join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k)
        from pg_constraint c where c.contype = 'f'
        """
    )
    loose = [
        (source, target, columns)
        for source, target, columns in found
        if source in client_tables
        and target in client_tables
        and target != "contracts_calendar"
        and "organisation_id" not in columns
    ]
    assert loose == []
    held = {(s, tuple(c)) for s, t, c in found if "organisation_id" in c and len(c) == 2}
    for table, column in (
        ("tickets_message", "ticket_id"),
        ("tickets_fact", "ticket_id"),
        ("tickets_clock", "ticket_id"),
        ("tickets_ticket", "parent_id"),
        ("tickets_attachment", "message_id"),
    ):
        assert any(s == table and column in c for s, c in held), (table, column)


@pytest.mark.parametrize("organisations", ["", "0", "-1"])
def test_without_a_scope_the_role_sees_nothing(busy: World, organisations: str) -> None:
    for table, kind in classification().items():
        if not isinstance(kind, Client) or owner_column(table) is None:
            continue
        with transaction.atomic():
            rows(
                "select set_config('role', 'vigie_portal', true), set_config('app.organisations', %s, true)",
                [organisations],
            )
            assert rows(f'select count(*) from "{table}" where organisation_id is not null') == [(0,)], table
            rows("select set_config('role', 'none', true)")


def test_garbage_in_the_scope_fails_closed(busy: World) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        rows(
            "select set_config('role', 'vigie_portal', true), set_config('app.organisations', '1 or true', true)"
        )
        rows("select count(*) from tickets_ticket")


def test_as_a_the_role_sees_a_alone_and_can_touch_nothing_of_b(busy: World) -> None:
    actor = busy.actor(busy.a.manager)
    b = busy.b.organisation.pk
    for table, kind in classification().items():
        with transaction.atomic(), client_wall(actor):
            if isinstance(kind, Internal):
                with pytest.raises(DatabaseError), transaction.atomic():
                    rows(f'select 1 from "{table}" limit 1')
            elif isinstance(kind, Client) and owner_column(table):
                assert rows(f'select count(*) from "{table}" where organisation_id = %s', [b]) == [(0,)], (
                    table
                )
                for right, sql in (
                    (
                        "update",
                        f'update "{table}" set organisation_id = organisation_id where organisation_id = {b}',
                    ),
                    ("delete", f'delete from "{table}" where organisation_id = {b}'),
                ):
                    with connection.cursor() as cursor:
                        try:
                            with transaction.atomic():
                                cursor.execute(sql)
                                assert cursor.rowcount == 0, (table, right)
                        except DatabaseError:
                            assert right not in kind.write, (table, right)


def test_internal_words_stay_internal_behind_the_wall(busy: World) -> None:
    with client_wall(busy.actor(busy.a.manager)):
        assert rows("select count(*) from tickets_message where audience <> 'public'") == [(0,)]
        assert rows("select count(*) from tickets_fact where audience <> 'public'") == [(0,)]
        assert rows("select count(*) from toolkit_searchdoc where audience <> 'public'") == [(0,)]
        for column in ("email", "phone", "password", "job_title", "external_ref"):
            with pytest.raises(DatabaseError), transaction.atomic():
                rows(f"select {column} from accounts_person limit 1")


def test_the_role_cannot_insert_for_another_client(busy: World) -> None:
    with client_wall(busy.actor(busy.a.user)), pytest.raises(DatabaseError), transaction.atomic():
        rows(
            "insert into tickets_watcher (organisation_id, ticket_id, person_id, added_at)"
            " select %s, 1, %s, now()",
            [busy.b.organisation.pk, busy.b.user.pk],
        )


def test_the_wall_leaves_nothing_behind(busy: World) -> None:
    with client_wall(busy.actor(busy.a.user)):
        assert rows("select current_user") == [("vigie_portal",)]
    assert rows(
        "select current_user <> 'vigie_portal', coalesce(current_setting('app.organisations', true), '')"
    ) == [(True, "")]
    with pytest.raises(ZeroDivisionError), client_wall(busy.actor(busy.a.user)):
        _ = 1 / 0
    assert rows("select current_user <> 'vigie_portal'") == [(True,)]


def test_a_gate_is_listed_and_closes_again(busy: World) -> None:
    with pytest.raises(ValueError, match="not a listed gate"), past_the_wall("anything"):
        pass
    with client_wall(busy.actor(busy.a.user)):
        with past_the_wall("notify"):
            assert rows("select current_user <> 'vigie_portal'") == [(True,)]
        assert rows("select current_user, current_setting('app.organisations')") == [
            ("vigie_portal", str(busy.a.organisation.pk))
        ]
