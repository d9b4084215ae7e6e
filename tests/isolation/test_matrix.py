"""Every address as every persona: nothing of client B reaches anybody of client A, with either wall alone.

The addresses come from the resolver, so a new one is covered or the first test fails until `routes.py` classifies it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.signals import user_logged_in
from django.http import HttpResponseBase
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from tests.isolation.canaries import checksum, found_in, plant
from tests.isolation.personas import Persona, personas
from tests.isolation.routes import ROUTES, Route
from tests.isolation.scene import Scene, build_scene, double
from vigie.toolkit import written
from vigie.toolkit.entry import audience_of

pytestmark = pytest.mark.django_db

NONCES = re.compile(
    rb'((?:csrfmiddlewaretoken|written_by)" value="[^"]*|name="csrf-token" content="[^"]*|data-csrf="[^"]*|csrf[^ >]{0,40}[A-Za-z0-9]{64}'
    rb'|name="submission" value="[^"]*|since=[^"&]*|data-submission="[^"]*|data-session-left="[^"]*|^\{"left": \d+|<time [^>]*>[^<]*</time>)'
)


def addresses(resolver: URLResolver | None = None) -> Iterator[tuple[str, Any]]:
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.name or str(pattern.pattern), pattern.callback
        else:
            yield from addresses(pattern)


def test_every_address_is_classified() -> None:
    real = {name for name, _ in addresses()}
    assert real - ROUTES.keys() == set(), "classify these addresses in tests/isolation/routes.py"
    assert ROUTES.keys() - real == set(), "these classified addresses no longer exist"


def test_every_address_says_who_it_is_for_and_the_table_agrees() -> None:
    for name, view in addresses():
        declared = audience_of(view)
        if declared is None:
            assert view.__module__.startswith(("allauth.", "django.")), f"{name} does not say who it is for"
            assert ROUTES[name].audience == "account", name
        else:
            assert ROUTES[name].audience == declared, name


def mask(response: HttpResponseBase) -> bytes:
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    return NONCES.sub(b"", body)


@dataclass
class Visit:
    persona: str
    route: str
    what: str
    status: int
    body: bytes
    headers: str


@dataclass
class Journey:
    """All answers of one run, and the leaks found in them."""

    visits: list[Visit] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    leaking_routes: set[str] = field(default_factory=set)
    visited: set[str] = field(default_factory=set)

    def note(self, persona: Persona, route: str, what: str, response: HttpResponseBase) -> Visit:
        # the address asked for may be repeated in the page: that is not an answer
        body = (
            mask(response)
            .replace(response.wsgi_request.get_full_path().encode(), b"@")
            .replace(response.wsgi_request.path.encode(), b"@")
        )  # type: ignore[attr-defined]
        headers = "\n".join(f"{k}: {v}" for k, v in response.items())
        visit = Visit(persona.name, route, what, response.status_code, body, headers)
        self.visits.append(visit)
        if visit.status >= 500:
            self.errors.append(f"{persona.name} → {route} ({what}) answered {visit.status}")
        self.visited.add(route)
        if not persona.sees_b and (hits := found_in(body, headers)):
            self.leaks.append(f"{persona.name} → {route} ({what}): {sorted(hits)[:4]}")
            self.leaking_routes.add(route)
        return visit


def url_of(name: str, route: Route, scene: Scene, whose: str) -> str:
    return reverse(name, args=[scene.value(kind, whose) for kind in route.params])


def reachable(persona: Persona, route: Route) -> bool:
    """Is the address for this persona's side? (Else it is asked once only, for what a refusal shows.)"""
    sides = {"agents": "agent", "customers": "client"}
    return persona.side != "anonymous" and sides.get(route.audience, persona.side) == persona.side


def read_everything(scene: Scene, people: list[Persona], journey: Journey, *, whose: tuple[str, ...]) -> None:
    for persona in people:
        browser = persona.browser()
        for name, route in ROUTES.items():
            if not route.reads or route.audience == "account":
                continue
            mine = reachable(persona, route)
            owners = whose if route.params and mine else whose[:1]
            for owner in owners:
                address = url_of(name, route, scene, owner)
                for number, query in enumerate(route.queries(scene, owner)):
                    for fragment in ({}, {"HX-Request": "true"}) if mine else ({},):
                        response = browser.get(address + query, headers=fragment)
                        what = f"{owner} query {number}{' fragment' if fragment else ''}"
                        journey.note(persona, name, what, response)
    assert journey.errors == []


@pytest.mark.long
def test_nobody_of_a_reads_or_notices_b_and_no_page_writes(scene: Scene) -> None:
    """One walk through every page, and a second one when B's data has doubled: each page of A is byte-equal then.

    Counts, ranks, suggestions and numbers are in what must be equal. The pages are the dear part: what needs the same ones is
    asked of one walk.
    """
    of_a = [p for p in personas(scene.world) if not p.sees_b]
    of_both = [p for p in personas(scene.world) if p.sees_b]
    with patch("django.utils.timezone.now", return_value=timezone.now()):
        before = stored(scene)
        journey, after = Journey(), Journey()
        read_everything(scene, of_a, journey, whose=("own", "other", "absent"))
        read_everything(scene, of_both, Journey(), whose=("own",))
        assert changed_since(before, scene) == [], "reading a page wrote something"
        assert journey.leaks == []
        same_as_absent(journey)
        double(scene)
        read_everything(scene, of_a, after, whose=("own",))
    mine = [visit for visit in journey.visits if visit.what.startswith("own")]
    for old, new in zip(mine, after.visits, strict=True):
        assert old.status == new.status, f"{old.persona} → {old.route} {old.what}"
        assert difference(old.body, new.body) == "", f"{old.persona} → {old.route} {old.what}"


def stored(scene: Scene) -> list[set[str]]:
    """Every client table of A and of B with the sum of its rows."""
    both = (scene.world.a.organisation.pk, scene.world.b.organisation.pk)
    return [set(checksum(pk).split("|")) for pk in both]


def changed_since(before: list[set[str]], scene: Scene) -> list[str]:
    return [
        part.partition(":")[0] for old, new in zip(before, stored(scene), strict=True) for part in new - old
    ]


def test_why_a_record_was_withdrawn_is_read_by_its_client_alone(scene: Scene) -> None:
    """The canaries of withdrawals stand on a page of the portal, so that the matrix would see them leak."""
    seen = {}
    for client in (scene.world.a, scene.world.b):
        persona = Persona("manager", client.manager, "client")
        shown = found_in(persona.browser().get(reverse("portal_records")).content)
        seen[client.organisation.code] = sorted(
            re.sub(r"\d+$", "", hit) for hit in shown if "cancelledfor" in hit
        )
    own = scene.world.b.organisation.code
    assert seen.pop(own) == ["VCBmaintenancecancelledfor", "VCBoutagecancelledfor"]
    assert not any(seen.values())


def same_as_absent(journey: Journey) -> None:
    """An id of B answers exactly as an id that does not exist: same status, same body."""
    answers = {(v.persona, v.route, v.what): v for v in journey.visits}
    for (persona, route, what), visit in answers.items():
        if what.startswith("other"):
            absent = answers[persona, route, what.replace("other", "absent", 1)]
            assert (visit.status, strip_ids(visit.body)) == (absent.status, strip_ids(absent.body)), (
                f"{persona} → {route} {what}"
            )


def difference(one: bytes, two: bytes) -> str:
    """The first lines that differ, short enough to read."""
    if one == two:
        return ""
    lines = zip_longest(
        one.decode(errors="replace").splitlines(), two.decode(errors="replace").splitlines(), fillvalue=""
    )
    for old, new in lines:
        if old != new:
            at = next(
                (i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
            )
            return f"…{old[max(at - 60, 0) : at + 60]}… ≠ …{new[max(at - 60, 0) : at + 60]}…"
    return "line ends"


def strip_ids(body: bytes) -> bytes:
    return re.sub(rb"\d+", b"#", body)


def test_nothing_of_b_is_written_by_anybody_of_a(scene: Scene) -> None:
    before = checksum(scene.world.b.organisation.pk)
    journey = Journey()
    for persona in personas(scene.world):
        if persona.sees_b:
            continue
        browser = persona.browser()
        for name, route in ROUTES.items():
            if route.audience == "account" or not route.writes or not reachable(persona, route):
                continue
            for owner in ("other", "absent") if route.params else ("own",):
                response = browser.post(url_of(name, route, scene, owner), route.body(scene, "own"))
                journey.note(persona, name, f"post {owner}", response)
            for body_field, body in route.bodies_with_one_of_b(scene):
                response = browser.post(url_of(name, route, scene, "own"), body)
                visit = journey.note(persona, name, f"post own with {body_field} of B", response)
                assert visit.status < 500, (
                    f"{persona.name}: POST {name} with {body_field} of B answered {visit.status}"
                )
    assert journey.leaks == []
    assert checksum(scene.world.b.organisation.pk) == before


# -- each wall alone -----------------------------------------------------------


@contextmanager
def first_wall_off() -> Iterator[None]:
    """Every ``visible`` of a client-owned table returns everything."""
    import vigie.accounts.access
    import vigie.catalog.access
    import vigie.compliance.access
    import vigie.contracts.access
    import vigie.escalation.access
    import vigie.replay.access
    import vigie.tenancy.access
    import vigie.tickets.access
    from vigie.accounts.models import Person
    from vigie.tickets.models import Ticket

    def everything(actor: Any, queryset: Any, column: str = "") -> Any:
        return queryset

    modules = (
        vigie.tenancy.access,
        vigie.accounts.access,
        vigie.catalog.access,
        vigie.contracts.access,
        vigie.compliance.access,
        vigie.replay.access,
        vigie.escalation.access,
        vigie.tickets.access,
    )
    patches = [
        patch.object(module, "in_sight", everything) for module in modules if hasattr(module, "in_sight")
    ]
    patches.append(patch.object(vigie.tickets.access, "visible", lambda actor: Ticket.objects.all()))
    patches.append(patch.object(vigie.accounts.access, "visible", lambda actor: Person.objects.all()))
    patches.append(patch("vigie.kernel.actor.Actor.sees", lambda self, organisation_id: True))
    for one in patches:
        one.start()
    written.forget()
    try:
        yield
    finally:
        for one in patches:
            one.stop()
        written.forget()


@contextmanager
def second_wall_off() -> Iterator[None]:
    with patch("vigie.config.entry.client_wall", lambda actor: nullcontext()):
        yield


def customers(scene: Scene) -> list[Persona]:
    return [p for p in personas(scene.world) if p.side == "client" and not p.sees_b]


def test_the_database_wall_holds_alone(scene: Scene) -> None:
    journey = Journey()
    with first_wall_off():
        read_everything(scene, customers(scene), journey, whose=("own", "other"))
    assert journey.leaks == []


def test_the_application_wall_holds_alone(scene: Scene) -> None:
    journey = Journey()
    with second_wall_off():
        read_everything(scene, customers(scene), journey, whose=("own", "other"))
    assert journey.leaks == []


def blind(journey: Journey, *audiences: str) -> tuple[set[str], int]:
    """Addresses for these people that show a client's rows and on which no leak was seen, and how many there are."""
    showing = {name for name, route in ROUTES.items() if route.shows_rows and route.audience in audiences}
    return showing - journey.leaking_routes, len(showing)


def test_the_matrix_can_see_a_leak(scene: Scene) -> None:
    """With both walls down it must turn red on nearly every address that shows a client's rows: the test of the test."""
    journey = Journey()
    with first_wall_off(), second_wall_off():
        read_everything(scene, customers(scene), journey, whose=("own", "other"))
    unseen, count = blind(journey, "customers", "signed_in")
    assert len(unseen) <= 0.05 * count, sorted(unseen)


def test_the_matrix_can_see_a_leak_to_an_agent(scene: Scene) -> None:
    """Agents stand behind the first wall alone: with it down, nearly every address that shows rows must turn red."""
    journey = Journey()
    limited = [p for p in personas(scene.world) if p.side == "agent" and not p.sees_b]
    with first_wall_off():
        read_everything(scene, limited, journey, whose=("own", "other"))
    unseen, count = blind(journey, "agents")
    assert len(unseen) <= 0.05 * count, sorted(unseen)


def test_hostile_queries_are_not_errors(scene: Scene) -> None:
    """Look-ups through relations, wild cards and broken values: never a 500, never a row of B."""
    journey = Journey()
    hostile = (
        "?organisation__name=x&assignee__password__startswith=a&order_by=requester__password&_connector=OR&_negated=1",
        "?q=%25&q=_&page=-1&cursor=AAAA&client=BETA&client=ALPHA",
        "?q=%00%ff&priority=99999999999999999999&team=abc&due=%27%3B--&sort=id)--",
        "?q=" + "(" * 200,
    )
    for persona in personas(scene.world):
        if persona.sees_b or persona.person is None:
            continue
        browser: Browser = persona.browser()
        for name, route in ROUTES.items():
            if route.reads and route.audience != "account" and reachable(persona, route):
                for query in hostile:
                    response = browser.get(url_of(name, route, scene, "own") + query)
                    journey.note(persona, name, query, response)
    assert journey.errors == []
    assert journey.leaks == []


@pytest.fixture
def scene(world: Any) -> Scene:
    # signing a persona in is the test's own act: its date is not a write of the pages
    user_logged_in.disconnect(dispatch_uid="update_last_login")
    built = build_scene(world)
    planted = plant(world.b)
    assert len(planted) > 40
    return built
