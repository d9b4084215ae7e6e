"""Tickets of other tools: read, refused row by row, written once, gone on with."""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from tests.world import World
from vigie.accounts.models import Affiliation, Agent, Person, Team, TeamMember
from vigie.channels.imports.actions import Report, import_tickets
from vigie.channels.imports.command import find_map, run, shipped_maps
from vigie.channels.imports.rules.mapping import read_map
from vigie.channels.imports.rules.sheet import read_sheet
from vigie.kernel.actor import SYSTEM
from vigie.kernel.refusal import Refusal
from vigie.tenancy.models import Organisation
from vigie.tickets.models import Clock, Fact, Message, Ticket
from vigie.tickets.queries import choices
from vigie.tickets.queries.filtering import agents_in_sight, panel_of, people_named, teams_named
from vigie.tickets.rules.filters import Filters

NOW = dt.datetime(2026, 1, 12, 8, 0, tzinfo=dt.UTC)
UCI = "itsm/uci498_servicenow_incident_events_opened_before_2016-04-12.csv.gz"
VOLVO = "itsm/bpic2013_volvo_closed_problems.csv.gz"
RABO = "itsm/bpic2014_rabobank_incidents_sample_with_dates.csv"
UNDATED = "itsm/bpic2014_rabobank_incidents_at_open_even_rows.csv.gz"

MAP = """
name = "mine"
title = "Our old tool"
kind = "changes"
key = "id"
at = "at"
opened = "at"
actor = "by"
date_format = "%Y-%m-%d %H:%M"
zone = "Europe/Paris"
heading = ["subject"]
body = ["subject", "text"]
requester = "who"
ticket_type = { constant = "incident" }
team = "team"
tags = ["tag"]
resolution = { constant = "solved_permanently" }
[state]
column = "state"
values = { "open" = "new", "busy" = "in_progress", "asked" = "pending/client_info", "done" = "resolved", "over" = "closed" }
[client]
code = "MINE"
name = "Mine"
"""
HEAD = "id,at,by,subject,text,who,team,tag,state\n"


def load(text: str | bytes, mapping: str = MAP, **more: object) -> Report:
    found = read_map(mapping)
    data = text if isinstance(text, bytes) else (HEAD + text).encode()
    sheet = read_sheet(data, found.delimiter, found.columns)
    return import_tickets(SYSTEM, found, sheet, now=NOW, **more)  # type: ignore[arg-type]


def real(path: Path, name: str, lines: int | None = None, **more: object) -> Report:
    data = path.read_bytes()
    if lines is not None:
        data = b"".join(gzip.decompress(data).splitlines(keepends=True)[: lines + 1])
    found = find_map(name)
    sheet = read_sheet(data, found.delimiter, found.columns)
    return import_tickets(SYSTEM, found, sheet, now=NOW, **more)  # type: ignore[arg-type]


def line(key: str, hour: int, state: str, **more: str) -> str:
    cells = {
        "id": key, "at": f"2025-03-03 {hour:02}:00", "by": "Ann", "subject": "Printer", "text": "It smokes",
        "who": "Bob", "team": "Desk", "tag": "", "state": state,
    }  # fmt: skip
    cells.update(more)
    return ",".join(f'"{cell}"' for cell in cells.values()) + "\n"


ONE = line("A1", 9, "open") + line("A1", 10, "busy") + line("A1", 12, "done")


# -- reading -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "imports.empty"),
        (b"PK\x03\x04rest", "imports.not_csv"),
        (b"\x1f\x8bnot gzip at all", "imports.damaged_gzip"),
        (b"id,id\n1,2\n", "imports.column_twice"),
        (b"id,other\n1,2\n", "imports.column_missing"),
        (b'id,x\n"1,2\n', "imports.broken_csv"),
    ],
)
def test_a_lying_file_is_refused_whole(data: bytes, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_sheet(data, ",", ["id", "x"])
    assert refused.value.code == code


def test_other_encodings_and_nul_are_told() -> None:
    sheet = read_sheet("id,x\n1,caf\xe9\x00\n".encode("cp1252"), ",", ["id"])
    assert (sheet.encoding, sheet.had_nul, sheet.rows[0].cells) == ("cp1252", True, ("1", "café"))


@pytest.mark.parametrize("name", sorted(shipped_maps()))
def test_shipped_maps_can_be_read(name: str) -> None:
    assert find_map(name).columns


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind =", "kin ="),
        ('"changes"', '"guess"'),
        ('"Europe/Paris"', '"Mars/North"'),
        ('name = "mine"', "name = mine"),
    ],
)
def test_a_wrong_map_is_refused(old: str, new: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_map(MAP.replace(old, new, 1))
    assert refused.value.code == "imports.bad_map"


@pytest.mark.django_db
def test_a_map_with_an_unknown_code_is_refused_before_any_row() -> None:
    with pytest.raises(Refusal) as refused:
        load(ONE, MAP.replace("pending/client_info", "pending/lunch"))
    assert refused.value.code == "imports.unknown_code"


# -- writing -----------------------------------------------------------------


@pytest.mark.django_db
def test_a_ticket_arrives_with_its_people_states_and_raw_rows() -> None:
    report = load(ONE)
    ticket = Ticket.objects.get(source="mine:A1")
    assert (report.created, report.events, report.refused) == (1, 3, [])
    assert (ticket.reference, ticket.state, ticket.title) == ("INC-MINE-1", "resolved", "Printer")
    assert ticket.opened_at == dt.datetime(2025, 3, 3, 8, 0, tzinfo=dt.UTC)
    assert ticket.resolved_at == dt.datetime(2025, 3, 3, 11, 0, tzinfo=dt.UTC)
    assert (ticket.requester.name, ticket.team and ticket.team.name_en) == ("Bob", "Desk")
    assert not ticket.requester.has_usable_password()
    assert Affiliation.objects.get(person=ticket.requester).organisation.code == "MINE"
    raw = list(Fact.objects.filter(kind="imported").order_by("id").values_list("after", flat=True))
    assert raw[0]["cells"]["text"] == "It smokes"
    assert raw[1] == {"source": "mine", "row": 3, "cells": {"at": "2025-03-03 10:00", "state": "busy"}}
    assert Message.objects.get().body == "id: A1\nsubject: Printer\ntext: It smokes"


@pytest.mark.django_db
def test_whom_only_an_import_made_is_no_choice_and_is_found_by_name(world: World) -> None:
    load(ONE.replace('"Desk"', '"Group 70"'))
    desk = world.actor(world.agent_all)
    held = Ticket.objects.get(title="Printer").team
    assert held is not None
    assert "Group 70" not in dict(choices.teams(desk)).values()
    assert "Group 70" in dict(choices.teams(desk, [held.pk])).values()
    assert teams_named(desk, "group 7") == [{"value": held.code, "label": "Group 70"}]
    panel = panel_of(desk, Filters(status="all"), now=NOW)
    assert panel.unoffered == {held.pk}
    assert panel.facets["team"].tickets[str(held.pk)] == 1
    client = Client()
    client.force_login(world.agent_all)
    shown = [
        client.get("/tickets/filters/", {"status": "all", **more}).content.decode()
        for more in ({}, {"team": held.code})
    ]
    assert ["Group 70" in page for page in shown] == [False, True]
    TeamMember.objects.create(team=held, agent=world.agent.agent)
    assert "Group 70" in dict(choices.teams(desk)).values()


@pytest.mark.django_db
def test_an_agent_whom_only_an_import_made_is_no_choice(world: World) -> None:
    mapping = MAP.replace('team = "team"', 'team = "team"\nassignee = "tag"')
    load(ONE.replace(',"",', ',"Resolver 12",'), mapping)
    made = Person.objects.get(name="Resolver 12")
    desk, client = world.actor(world.agent_all), Organisation.objects.get(code="MINE").pk
    assert made.pk not in [agent["id"] for agent in choices.agents(desk, client)]
    assert made.pk in [agent["id"] for agent in choices.agents(desk, client, made.pk)]
    assert made.pk not in dict(agents_in_sight(desk))
    assert [row["id"] for row in people_named(desk, "resolver 12", "provider")] == [made.pk]
    Person.objects.filter(pk=made.pk).update(email="r12@nord.example")
    assert made.pk in dict(agents_in_sight(desk))


@pytest.mark.django_db
def test_a_dry_run_writes_nothing_and_says_what_would_be() -> None:
    report = load(ONE + line("A2", 9, "open", at="yesterday"), dry_run=True)
    assert (report.created, len(report.refused), report.made["contacts"]) == (1, 1, 1)
    for model in (Organisation, Ticket, Person, Team, Fact, Clock):
        assert not model.objects.exists(), model  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_importing_again_changes_nothing() -> None:
    load(ONE)
    facts = Fact.objects.count()
    again = load(ONE)
    assert (again.created, again.already, again.made, Fact.objects.count()) == (0, 1, {}, facts)


@pytest.mark.django_db
def test_the_same_file_for_another_client_is_refused_row_by_row() -> None:
    load(ONE)
    report = load(ONE, client="OTHER")
    assert {one.refusal.code for one in report.refused} == {"imports.other_client"}
    assert Ticket.objects.count() == 1


@pytest.mark.django_db
def test_a_bad_row_leaves_its_ticket_out_and_the_others_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        HEAD + ONE + line("B1", 9, "open") + line("B1", 10, "flying") + line("C1", 9, "open", at="31/31")
        + line("D1", 9, "open", at="2999-01-01 00:00") + line("", 9, "open") + "E1,too,short\n"
    )  # fmt: skip
    source, target, mapping = tmp_path / "in.csv", tmp_path / "bad.csv", tmp_path / "map.toml"
    source.write_text(text)
    mapping.write_text(MAP)
    args = argparse.Namespace(
        file=str(source), map=str(mapping), client=None, dry_run=False, errors=str(target), resume=False
    )
    assert run(args) == 1
    said = capsys.readouterr().out
    for line_said in ("  1 client created\n", "  1 contact created\n", "rows refused:\n"):
        assert line_said in said
    assert list(Ticket.objects.values_list("source", flat=True)) == ["mine:A1"]
    rows = list(csv.reader(target.open(newline="")))
    assert rows[0] == ["vigie_row", "vigie_code", "vigie_reason", *HEAD.strip().split(",")]
    assert [(row[0], row[1]) for row in rows[1:]] == [
        ("5", "imports.sibling_refused"), ("6", "imports.unknown_value"), ("7", "imports.bad_date"),
        ("8", "imports.future_date"), ("9", "imports.no_key"), ("10", "imports.cell_count"),
    ]  # fmt: skip
    assert rows[2][2] == "The map does not know the value “flying” of state."
    source.write_text(target.read_text().replace("flying", "busy"))
    run(args)
    assert Ticket.objects.get(source="mine:B1").state == "in_progress"


@pytest.mark.django_db
def test_hostile_cells_stay_text(tmp_path: Path) -> None:
    long = "x" * 10_000
    text = (
        line("F1", 9, "open", subject="=HYPERLINK('http://x')", who="@SUM(A1)", text=long, tag="<script>")
        + line("F2", 9, "open", subject=long, who=long, team=long)
        + line("F3", 9, "open", subject="nul\x00cell")
    )  # fmt: skip
    assert load(text).refused == []
    first, second, third = Ticket.objects.order_by("id")
    assert (first.title, first.requester.name, first.tags) == (
        "=HYPERLINK('http://x')",
        "@SUM(A1)",
        ["<script>"],
    )
    assert long in Message.objects.get(ticket=first).body
    assert (len(second.title), len(second.requester.name)) == (250, 150)
    assert third.title == "nulcell"


@pytest.mark.django_db
def test_a_formula_is_disarmed_in_the_error_file_and_comes_back_as_it_was(tmp_path: Path) -> None:
    source, target, mapping = tmp_path / "in.csv", tmp_path / "bad.csv", tmp_path / "map.toml"
    source.write_text(HEAD + line("G1", 9, "flying", subject="=1+1", text="'quoted"))
    mapping.write_text(MAP)
    run(
        argparse.Namespace(
            file=str(source), map=str(mapping), client=None, dry_run=False, errors=str(target), resume=False
        )
    )
    assert list(csv.reader(target.open(newline="")))[1][6:8] == ["'=1+1", "''quoted"]
    load(target.read_bytes().replace(b"flying", b"open"))
    raw = Fact.objects.get(kind="imported").after
    assert raw is not None
    assert (raw["cells"]["subject"], raw["cells"]["text"]) == ("=1+1", "'quoted")


@pytest.mark.django_db
@pytest.mark.parametrize("between", [";", "\t", "|", ","])
def test_an_error_file_is_read_as_a_spreadsheet_saved_it(tmp_path: Path, between: str) -> None:
    """Whatever stands between the cells of the source, and with the mark that a spreadsheet puts before the first one."""
    source, target, mapping = tmp_path / "in.csv", tmp_path / "bad.csv", tmp_path / "map.toml"
    source.write_text((HEAD + line("H1", 9, "flying", text="It smokes; again")).replace(",", ";"))
    mapping.write_text('delimiter = ";"\n' + MAP)
    args = argparse.Namespace(
        file=str(source), map=str(mapping), client=None, dry_run=False, errors=str(target), resume=False
    )
    assert run(args) == 1
    rows = [[cell.replace("flying", "open") for cell in row] for row in csv.reader(target.open(newline=""))]
    with source.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=between).writerows(rows)
    assert run(args) == 0
    assert Ticket.objects.get(source="mine:H1").state == "new"
    assert "It smokes; again" in Message.objects.get().body


# -- real files ----------------------------------------------------------------

HAND = {
    # Monday 29 February, 08:00 to 08:53
    "INC0000045": ("met", 53 * 60, "2016-02-29T08:53"),
    # Monday whole, Tuesday 08:00 to 09:14, then waiting for the caller until the resolution
    "INC0000047": ("met", 36000 + 74 * 60, "2016-03-01T09:52"),
    # 7 March 14:55 to 17:41; reopened 10 March 12:04; 22 whole days; 12 April 08:00 to 09:12
    "INC0003663": ("missed", 166 * 60 + 356 * 60 + 22 * 36000 + 72 * 60, "2016-04-12T09:12"),
}


@pytest.mark.django_db
def test_three_incidents_counted_by_hand(shared_data: Callable[[str], Path]) -> None:
    path = shared_data(UCI)
    rows = gzip.decompress(path.read_bytes()).decode().splitlines(keepends=True)
    kept = "".join([rows[0], *(row for row in rows if row.split(",")[0] in HAND)])
    found = find_map("uci_servicenow")
    import_tickets(SYSTEM, found, read_sheet(kept.encode(), ",", found.columns), now=NOW)
    for key, (state, used, stopped) in HAND.items():
        ticket = Ticket.objects.get(source=f"uci498:{key}")
        clock = Clock.objects.get(ticket=ticket)
        at = clock.stopped_at.strftime("%Y-%m-%dT%H:%M") if clock.stopped_at else ""
        assert (key, clock.state, clock.used_seconds, at) == (key, state, used, stopped)
    reopened = Ticket.objects.get(source="uci498:INC0003663")
    assert (reopened.reopen_count, reopened.state) == (1, "closed")


@pytest.mark.django_db
def test_a_sample_of_the_log(shared_data: Callable[[str], Path]) -> None:
    report = real(shared_data(UCI), "uci_servicenow", 1500)
    assert report.events == Fact.objects.filter(kind="imported").count() == 1500
    assert report.refused == []
    assert set(Ticket.objects.values_list("phase", flat=True)) <= {"ended", "active", "waiting", "done"}
    assert not Agent.objects.filter(all_clients=True).exists()


class Killed(Exception):
    pass


def _rows() -> list[object]:
    clocks = Clock.objects.order_by("ticket__source", "kind")
    facts = Fact.objects.order_by("ticket__source", "at", "id")
    return [
        *Ticket.objects.order_by("source").values_list(
            "source", "reference", "state", "title", "version", "updated_at"
        ),
        *clocks.values_list("ticket__source", "kind", "state", "used_seconds", "announced"),
        *facts.values_list("ticket__source", "kind", "at", "actor_name"),
        *Person.objects.order_by("external_ref").values_list("external_ref", "name", "side"),
    ]


@pytest.mark.django_db(transaction=True)
def test_an_import_cut_short_ends_as_an_uninterrupted_one(shared_data: Callable[[str], Path]) -> None:
    path = shared_data(UCI)

    def stop(done: int, total: int, events: int) -> None:
        if done >= 40:
            raise Killed()

    with pytest.raises(Killed):
        real(path, "uci_servicenow", 600, progress=stop, batch=20)
    assert Ticket.objects.count() == 40
    rest = real(path, "uci_servicenow", 600, batch=20)
    assert rest.already == 40
    resumed = _rows()
    _forget()
    real(path, "uci_servicenow", 600)
    assert _rows() == resumed


def _forget() -> None:
    from django.db import connection

    tables = [t for t in connection.introspection.table_names() if t != "django_migrations"]
    with connection.cursor() as cursor:
        cursor.execute(f"truncate {', '.join(tables)} restart identity cascade")


@pytest.mark.django_db
def test_dated_rabobank_incidents(shared_data: Callable[[str], Path]) -> None:
    report = real(shared_data(RABO), "rabobank_incidents")
    assert (report.created, report.refused) == (40, [])
    assert set(Ticket.objects.values_list("state", flat=True)) == {"closed"}
    assert Ticket.objects.filter(ticket_type="question").count() == 5
    assert Ticket.objects.get(source="rabo14:IM0000004").resolved_at == dt.datetime(
        2013, 11, 4, 12, 50, tzinfo=dt.UTC
    )


@pytest.mark.django_db
def test_rows_without_a_date_are_refused_unless_the_map_says_when(shared_data: Callable[[str], Path]) -> None:
    path = shared_data(UNDATED)
    report = real(path, "rabobank_undated", 50)
    assert (report.created, {one.refusal.code for one in report.refused}) == (0, {"imports.no_date"})
    text = 'opened_when_absent = "31/03/2014 00:00"\n' + shipped_maps()["rabobank_undated"]
    found = read_map(text)
    data = b"".join(gzip.decompress(path.read_bytes()).splitlines(keepends=True)[:51])
    assert import_tickets(SYSTEM, found, read_sheet(data, ",", found.columns), now=NOW).created == 50


@pytest.mark.django_db
def test_a_sample_of_the_volvo_problems(shared_data: Callable[[str], Path]) -> None:
    report = real(shared_data(VOLVO), "volvo_problems", 300)
    assert (report.events, report.refused) == (300, [])
    assert (
        Ticket.objects.filter(tags__contains=["problem"]).count() == Ticket.objects.count() == report.created
    )
    assert Fact.objects.exclude(actor=None).exists()
