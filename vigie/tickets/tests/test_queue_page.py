"""The queue as agents see it: what it lists, counts, pages and refuses."""

from __future__ import annotations

import datetime as dt
import random
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.world import World, report
from vigie.accounts.models import Person
from vigie.tickets.actions.handling import assign
from vigie.tickets.models import SavedView, Ticket
from vigie.tickets.queries.queue import counts, filtered, names_in_sight, queue_page
from vigie.tickets.queries.screen import queue_screen
from vigie.tickets.rules.filters import PRIORITIES, STATUSES, Filters

pytestmark = pytest.mark.django_db
SHOWN = re.compile(r'id="row-(\d+)"')


def signed_in(person: Person) -> Client:
    person.language = "en"
    person.save()
    client = Client()
    client.force_login(person)
    return client


def shown(answer: object) -> list[int]:
    return [int(pk) for pk in SHOWN.findall(answer.content.decode())]


def many(world: World, count: int, *, seed: int = 7) -> list[int]:
    """Tickets of every kind, made from one real ticket by plain rows."""
    rng = random.Random(seed)
    model = report(world)
    made = []
    for n in range(count):
        row = Ticket.objects.get(pk=model.pk)
        row.pk = None
        client = rng.choice([world.a, world.b, world.c])
        row.organisation_id = client.organisation.pk
        row.requester = row.beneficiary = client.user
        row.contract = row.site = None
        row.reference = f"INC-{client.organisation.code}-{1000 + n}"
        row.phase, row.state = rng.choice(
            [
                ("active", "new"),
                ("active", "in_progress"),
                ("waiting", "pending"),
                ("done", "resolved"),
                ("ended", "closed"),
            ]
        )
        row.pending_reason = "supplier" if row.phase == "waiting" else ""
        row.priority = rng.choice(PRIORITIES)
        row.team = rng.choice([world.team, world.team2, None])
        row.assignee = rng.choice([world.agent, world.agent_all, None])
        row.awaiting_reply_since = rng.choice([None, model.opened_at])
        row.tags = rng.choice([[], ["vpn"], ["vpn", "lyon"]])
        row.is_vip = rng.random() < 0.2
        # few distinct instants, so that the tie-break is used
        row.due_at = timezone.now() + dt.timedelta(hours=rng.randint(-6, 12))
        row.opened_at = row.created_at = model.opened_at + dt.timedelta(minutes=rng.randint(0, 20))
        row.updated_at = row.opened_at + dt.timedelta(minutes=rng.randint(0, 20))
        row.submission = ""
        made.append(row)
    return [row.pk for row in Ticket.objects.bulk_create(made)]


def naive(world: World, filters: Filters, me: object, now: dt.datetime) -> set[int]:
    """The same question asked the long way, in Python."""
    phases = {
        "live": ("active", "waiting"),
        "active": ("active",),
        "waiting": ("waiting",),
        "done": ("done",),
        "replied": ("done",),
        "closed": ("ended",),
    }
    actor = world.actor(me)
    found = set()
    for t in Ticket.objects.select_related("organisation", "team"):
        ours = t.assignee_id is None and (t.team_id is None or t.team_id in actor.team_ids)
        tests = [
            actor.sees(t.organisation_id),
            filters.status == "all" or t.phase in phases[filters.status],
            filters.status != "replied" or t.awaiting_reply_since is not None,
            not filters.for_me or t.assignee_id == actor.person_id or ours,
            not filters.priorities or t.priority in filters.priorities,
            not filters.clients or t.organisation.code in filters.clients,
            not filters.teams or (t.team is not None and t.team.code in filters.teams),
            filters.assignee != "me" or t.assignee_id == actor.person_id,
            filters.assignee != "none" or t.assignee_id is None,
            not filters.tag or filters.tag in t.tags,
            not filters.vip or t.is_vip,
            not filters.due or t.due_at < now + dt.timedelta(hours=4 if filters.due == "4h" else 0),
        ]
        if all(tests):
            found.add(t.pk)
    return found


def test_filters_give_what_a_naive_reading_gives(world: World) -> None:
    many(world, 80)
    rng = random.Random(3)
    now = timezone.now()
    for person in (world.agent, world.agent_all, world.manager):
        actor = world.actor(person)
        names = names_in_sight(actor)
        for _ in range(40):
            wanted = Filters(
                status=rng.choice(STATUSES),
                for_me=rng.random() < 0.3,
                priorities=tuple(sorted(rng.sample(PRIORITIES, rng.choice([0, 0, 2])))),
                clients=tuple(rng.sample(["ALPHA", "BETA"], rng.choice([0, 0, 1, 2]))),
                teams=rng.choice([(), (), ("n1",)]),
                assignee=rng.choice(["", "", "me", "none"]),
                tag=rng.choice(["", "", "lyon"]),
                due=rng.choice(["", "", "4h", "late"]),
                vip=rng.random() < 0.2,
            )
            found = set(filtered(actor, wanted, names, now=now).values_list("pk", flat=True))
            assert found == naive(world, wanted, person, now), wanted
            assert counts(actor, {"x": wanted}, names, now=now) == {"x": len(found)}


@pytest.mark.parametrize("sort", ["left", "newest", "oldest", "updated", "priority"])
def test_paging_gives_each_row_exactly_once(world: World, sort: str) -> None:
    many(world, 120)
    actor, now = world.actor(world.agent_all), timezone.now()
    names = names_in_sight(actor)
    for status in ("live", "all"):
        wanted = Filters(status=status, sort=sort)
        seen: list[int] = []
        cursor, pages = None, []
        while True:
            page = queue_page(actor, wanted, names, now=now, cursor=cursor, size=17)
            pages.append([row["id"] for row in page.rows])
            seen += pages[-1]
            cursor = page.next
            if cursor is None:
                break
        expected = set(filtered(actor, wanted, names, now=now).values_list("pk", flat=True))
        assert len(seen) == len(set(seen))
        assert set(seen) == expected
        back, cursor = [], page.previous
        while cursor:
            page = queue_page(actor, wanted, names, now=now, cursor=cursor, size=17)
            back.append([row["id"] for row in page.rows])
            cursor = page.previous
        assert list(reversed(back)) == pages[:-1]


def test_statements_do_not_grow_with_the_rows(world: World) -> None:
    made = many(world, 110)
    client = signed_in(world.agent_all)
    taken = []
    for keep in (100, 10):
        Ticket.objects.filter(pk__in=made[keep:]).delete()
        client.get("/tickets/?status=all")  # terms of promises are kept by the process
        with CaptureQueriesContext(connection) as asked:
            answer = client.get("/tickets/?status=all")
        assert len(shown(answer)) == min(keep + 1, 50)
        taken.append([q["sql"][:60] for q in asked.captured_queries])
    assert len(taken[0]) == len(taken[1]) <= 8, taken


def test_an_agent_limited_to_one_client_sees_nothing_of_the_others(world: World) -> None:
    mine, hidden = report(world, world.a), report(world, world.b, title="Secret de Beta")
    client = signed_in(world.agent)
    for address in (
        "/tickets/?status=all",
        "/tickets/?client=BETA",
        "/tickets/?q=Secret",
        "/tickets/",
        "/tickets/?status=live",
    ):
        body = client.get(address).content.decode()
        assert "Secret de Beta" not in body
        assert hidden.reference not in body
    assert shown(client.get("/tickets/?status=all")) == [mine.pk]
    assert "Beta" not in client.get("/tickets/filters/").content.decode()
    assert client.get(f"/tickets/{hidden.pk}/preview/").status_code == 404
    assert client.get(f"/tickets/{mine.pk}/preview/").status_code == 200
    screen = queue_screen(world.actor(world.agent), Filters(status="all"), now=timezone.now(), cursor=None)
    assert {view.code: view.count for view in screen.built_in}["all"] == screen.count == 1


def test_to_handle_is_mine_or_nobodys_in_my_teams(world: World) -> None:
    now = timezone.now()
    nobody, mine, other, elsewhere = (report(world) for _ in range(4))
    dispatcher = world.actor(world.dispatcher)
    assign(dispatcher, mine.pk, team_id=world.team2.pk, assignee_id=world.agent.pk, now=now)
    assign(dispatcher, other.pk, team_id=world.team.pk, assignee_id=world.agent_all.pk, now=now)
    assign(dispatcher, elsewhere.pk, team_id=world.team2.pk, assignee_id=None, now=now)
    assert set(shown(signed_in(world.agent).get("/tickets/"))) == {nobody.pk, mine.pk}


@pytest.mark.parametrize(
    "query",
    [
        "organisation__code=BETA",
        "assignee__password__startswith=a",
        "assignee=99999999999999999999999999",
        "assignee=999999999999999",
        "priority=1,2,99999999999999999999",
        "q=%00%00",
        "q=' or 1=1 --",
        "q=%22unclosed | & ! ( :*",
        "tag=%00",
        "client=%F0%9F%92%A9",
        "cursor=abc",
        "cursor=WyJuIiwgWzEsIDJdXQ",
        "cursor=WyJuIiwgW3siYSI6MX0sIHt9XV0",
        "cursor=WyJuIiwgWyIyMDI2LTAxLTAxVDAwOjAwOjAwKzAwOjAwIiwgOTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5XV0",
        "cursor=WyJuIiwgWyIyMDI2LTEzLTQ1IiwgMV1d",
        "status=live&status=all&sort=%00",
        "view=99999999999999999999",
        "since=nonsense",
    ],
)
def test_no_address_breaks_the_page(world: World, query: str) -> None:
    report(world)
    client = signed_in(world.agent)
    for path in ("/tickets/", "/tickets/pulse/", "/tickets/filters/"):
        answer = client.get(f"{path}?{query}", follow=True)
        assert answer.status_code == 200, (path, query)


def test_an_unknown_filter_is_told_and_left_out(world: World) -> None:
    report(world)
    body = signed_in(world.agent).get("/tickets/?organisation__code=BETA&status=all").content.decode()
    assert "organisation__code" in body
    assert len(SHOWN.findall(body)) == 1


def test_a_form_writes_a_readable_address(world: World) -> None:
    answer = signed_in(world.agent).get("/tickets/?status=live&priority=1&priority=2&client=alpha&tag=&due=")
    assert answer.status_code == 302
    assert answer["Location"] == "/tickets/?priority=1,2&client=ALPHA"


def test_counts_stop_at_the_cap(world: World) -> None:
    many(world, 30)
    actor = world.actor(world.agent_all)
    found = counts(
        actor, {"all": Filters(status="all")}, names_in_sight(actor), now=timezone.now(), caps={"all": 10}
    )
    assert found == {"all": 11}


def test_columns_are_kept_for_the_person(world: World) -> None:
    report(world)
    client = signed_in(world.agent)
    assert (
        "Service"
        not in client.get("/tickets/").content.decode().partition("<thead>")[2].partition("</thead>")[0]
    )
    client.post("/tickets/columns/", {"column": ["service", "left", "nonsense"]})
    head = client.get("/tickets/").content.decode().partition("<thead>")[2].partition("</thead>")[0]
    assert "Service" in head
    assert "Requester" not in head


def test_new_tickets_are_announced_not_inserted(world: World) -> None:
    client = signed_in(world.agent)
    since = timezone.now().isoformat()
    assert "fresh" not in client.get("/tickets/pulse/", {"since": since}).content.decode().replace(
        "queue-fresh", ""
    )
    report(world, now=timezone.now())
    assert 'class="fresh"' in client.get("/tickets/pulse/", {"since": since}).content.decode()


def test_a_saved_view_comes_back_as_it_was_kept(world: World) -> None:
    many(world, 40)
    client = signed_in(world.agent_all)
    answer = client.post(
        "/tickets/views/new/",
        {"name": "Alpha urgent", "query": "client=ALPHA&priority=1,2&nonsense=1&sort=newest"},
    )
    view = SavedView.objects.get()
    assert view.query == "priority=1,2&client=ALPHA&sort=newest"
    assert answer["Location"].startswith("/tickets/?priority=1,2&client=ALPHA")
    page = client.get(answer["Location"])
    assert "Alpha urgent" in page.content.decode()
    assert shown(page) == shown(client.get("/tickets/?client=ALPHA&priority=1,2&sort=newest"))
    client.post(f"/tickets/views/{view.pk}/", {"name": "Alpha calme"})
    view.refresh_from_db()
    assert (view.name, view.query) == ("Alpha calme", "priority=1,2&client=ALPHA&sort=newest")
    assert client.post("/tickets/views/new/", {"name": " ", "query": "status=all"}).status_code == 422
    client.post(f"/tickets/views/{view.pk}/delete/")
    assert not SavedView.objects.exists()


def test_views_are_shared_with_the_grant_only(world: World) -> None:
    client = signed_in(world.agent)
    assert client.post("/tickets/views/new/", {"name": "x", "query": "", "share": "all"}).status_code == 403
    assert not SavedView.objects.exists()
    signed_in(world.manager).post(
        "/tickets/views/new/", {"name": "For all", "query": "vip=yes", "share": "all"}
    )
    view = SavedView.objects.get()
    assert view.is_shared
    assert "For all" in client.get("/tickets/").content.decode()
    assert client.post(f"/tickets/views/{view.pk}/delete/").status_code == 403
    private = SavedView.objects.create(owner=world.manager, name="Private", query="status=all")
    assert "Private" not in client.get("/tickets/").content.decode()
    assert client.post(f"/tickets/views/{private.pk}/delete/").status_code == 404


def test_views_keep_the_order_chosen(world: World) -> None:
    client = signed_in(world.agent)
    for name in ("one", "two", "three"):
        client.post("/tickets/views/new/", {"name": name, "query": "status=all"})
    ids = list(SavedView.objects.order_by("position").values_list("pk", flat=True))
    client.post("/tickets/views/order/", {"order": ids, "up": ids[2]})
    assert list(SavedView.objects.order_by("position").values_list("name", flat=True)) == [
        "one",
        "three",
        "two",
    ]


def test_a_bulk_assignment_says_before_and_after_and_does_what_it_says(world: World) -> None:
    ticket = report(world)
    client, act = signed_in(world.agent), {"act": "assign", "pick": [ticket.pk]}
    client.post("/tickets/bulk/", {**act, "team": world.team.pk, "assignee": world.agent.pk})
    page = client.get("/tickets/bulk/", act).content.decode()
    assert page.count(">Unchanged</option>") == 2
    assert client.post("/tickets/bulk/", {**act, "team": "", "assignee": ""}).status_code == 422
    told = client.get(
        "/tickets/bulk/", {**act, "team": "none", "assignee": world.agent_all.pk}
    ).content.decode()
    assert "<strong>No team</strong>" in told
    assert f"<strong>{world.agent_all.name}</strong>" in told
    client.post("/tickets/bulk/", {**act, "team": "none", "assignee": world.agent_all.pk})
    ticket.refresh_from_db()
    assert (ticket.team_id, ticket.assignee_id) == (None, world.agent_all.pk)
    client.post("/tickets/bulk/", {**act, "team": world.team2.pk, "assignee": ""})
    ticket.refresh_from_db()
    assert (ticket.team_id, ticket.assignee_id) == (world.team2.pk, world.agent_all.pk)
    told = client.get("/tickets/bulk/", {**act, "assignee": "none"}).content.decode()
    assert "<strong>Nobody</strong>" in told
    client.post("/tickets/bulk/", {**act, "assignee": "none"})
    ticket.refresh_from_db()
    assert (ticket.team_id, ticket.assignee_id) == (world.team2.pk, None)


def test_a_bulk_act_shows_what_will_change_then_reports(world: World) -> None:
    first, second = report(world), report(world)
    hidden = report(world, world.b)
    client = signed_in(world.agent)
    picked = [first.pk, second.pk, hidden.pk]
    before = client.get("/tickets/bulk/", {"act": "take", "pick": picked}).content.decode()
    assert first.reference in before
    assert hidden.reference not in before
    done = client.post("/tickets/bulk/", {"act": "take", "pick": picked})
    assert done.status_code == 200
    assert Ticket.objects.filter(assignee=world.agent).count() == 2
    hidden.refresh_from_db()
    assert hidden.assignee_id is None
    assert hidden.reference not in done.content.decode()
    client.post("/tickets/bulk/", {"act": "step", "verb": "start", "pick": [first.pk]})
    refused = client.post(
        "/tickets/bulk/", {"act": "step", "verb": "wait", "pick": [first.pk]}
    ).content.decode()
    assert "never on hold without a reason" in refused
    said = client.post(
        "/tickets/bulk/",
        {
            "act": "step",
            "verb": "resolve",
            "pick": [first.pk],
            "resolution": "solved_permanently",
            "text": "C’est réparé.",
        },
    )
    assert said.status_code == 200
    first.refresh_from_db()
    assert first.phase == "done"
    assert client.post("/tickets/bulk/", {"act": "take"}).status_code == 422
