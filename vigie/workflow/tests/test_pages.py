"""Pages of workflows: a new version changes new tickets alone, and cannot break the engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.world import PASSWORD, START, World, report
from vigie.kernel.refusal import NotAllowed, Refusal
from vigie.workflow import actions
from vigie.workflow.drawing import draw
from vigie.workflow.forms import workflow_initial
from vigie.workflow.models import WorkflowVersion
from vigie.workflow.queries import current_version, machine_of
from vigie.workflow.rules.defaults import DEFAULTS, INCIDENT
from vigie.workflow.rules.edits import Edit, edited, offered

NOW = START + dt.timedelta(days=2)


@pytest.fixture
def sign_in(world: World) -> Callable[[Any], Client]:
    def enter(person: Any) -> Client:
        client = Client()
        assert client.login(email=person.email, password=PASSWORD)
        return client

    return enter


def edit(**more: Any) -> Edit:
    base: dict[str, Any] = {
        "reopen_days": 5, "close_days": 5, "silence": (2, 4, 6), "pending_reasons": INCIDENT.pending_reasons,
        "resolution_codes": INCIDENT.resolution_codes, "cancel_reasons": INCIDENT.cancel_reasons,
        "needs": {i: step.needs for i, step in enumerate(INCIDENT.steps)},
    }  # fmt: skip
    return Edit(**{**base, **more})


class TestEdit:
    @pytest.mark.parametrize("kind", sorted(DEFAULTS))
    def test_no_change_gives_the_same_machine(self, kind: str) -> None:
        machine = DEFAULTS[kind]
        same = Edit(
            machine.reopen_days, machine.close_days, machine.silence, machine.pending_reasons, machine.resolution_codes,
            machine.cancel_reasons, {i: step.needs for i, step in enumerate(machine.steps)},
        )  # fmt: skip
        assert edited(machine, same) == machine

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"silence": (4, 2, 6)}, "workflow.bad_silence"),
            ({"close_days": 0}, "workflow.bad_delay"),
            ({"pending_reasons": ()}, "workflow.empty_list"),
            ({"resolution_codes": ("solved_permanently",)}, "workflow.code_needed"),
            ({"cancel_reasons": ("withdrawn",)}, "workflow.code_needed"),
        ],
    )
    def test_what_the_engine_cannot_do_without_stays(self, change: dict[str, Any], code: str) -> None:
        with pytest.raises(Refusal) as refused:
            edited(INCIDENT, edit(**change))
        assert refused.value.code == code

    def test_wait_always_demands_its_reason(self) -> None:
        bare = edited(INCIDENT, edit(needs={}))
        for step in bare.steps:
            if step.verb == "wait":
                assert step.needs == {"pending_reason"}
            if step.verb == "cancel":
                assert step.needs == {"reason"}

    def test_system_is_never_asked_for_more(self) -> None:
        for step in INCIDENT.steps:
            if step.verb == "close":
                assert offered(INCIDENT, step) == ()

    def test_a_demand_taken_away_may_come_back(self) -> None:
        i, step = next((i, s) for i, s in enumerate(INCIDENT.steps) if s.verb == "resolve")
        bare = edited(INCIDENT, edit(needs={}))
        assert "resolution" not in bare.steps[i].needs
        assert "resolution" in offered(bare, bare.steps[i])
        assert edited(bare, edit()).steps[i].needs == step.needs


class TestPublish:
    def post(self, client: Client, world: World, **more: Any) -> Any:
        version = current_version("incident")
        return client.post(
            reverse("workflow_publish", args=[version]), {**workflow_initial(machine_of(version)), **more}
        )

    def test_new_version_serves_new_tickets_alone(
        self, world: World, sign_in: Callable[[Any], Client]
    ) -> None:
        before = report(world)
        answer = self.post(sign_in(world.admin), world, reopen_days=9, silence_last=8)
        assert answer.status_code == 302
        assert machine_of(current_version("incident")).reopen_days == 9
        before.refresh_from_db()
        assert machine_of(before.workflow_version_id).reopen_days == 5
        after = report(world, now=NOW)
        assert machine_of(after.workflow_version_id).silence == (2, 4, 8)

    def test_refusal_keeps_what_was_typed(self, world: World, sign_in: Callable[[Any], Client]) -> None:
        answer = self.post(sign_in(world.admin), world, silence_first=7)
        assert answer.status_code == 422
        assert 'name="silence_first" value="7"' in answer.content.decode()
        assert WorkflowVersion.objects.filter(ticket_type="incident").count() == 1

    def test_two_people_do_not_overwrite_each_other(self, world: World) -> None:
        actor, version = world.actor(world.admin), current_version("incident")
        actions.publish_edit(actor, version, edit(close_days=3), now=NOW)
        with pytest.raises(Refusal) as refused:
            actions.publish_edit(actor, version, edit(close_days=4), now=NOW)
        assert refused.value.code == "workflow.newer_version"


def test_pages_show_every_state_and_step(world: World, sign_in: Callable[[Any], Client]) -> None:
    client = sign_in(world.admin)
    assert client.get(reverse("workflows")).status_code == 200
    for kind in DEFAULTS:
        machine = DEFAULTS[kind]
        picture = draw(machine)
        assert len(picture.boxes) == len(machine.states)
        assert len({(box.x, box.y) for box in picture.boxes}) == len(machine.states)
        page = client.get(reverse("workflow", args=[current_version(kind)])).content.decode()
        assert page.count('<th scope="row"') == len(machine.steps)
    assert client.get(reverse("workflow", args=[999_999])).status_code == 404


@pytest.mark.parametrize("who", ["agent", "agent_all", "dispatcher", "manager"])
def test_who_may_not_manage_reads_and_publishes_nothing(
    world: World, sign_in: Callable[[Any], Client], who: str
) -> None:
    person, version = getattr(world, who), current_version("incident")
    with pytest.raises(NotAllowed):
        actions.publish_edit(world.actor(person), version, edit(), now=NOW)
    client = sign_in(person)
    for name, args in (("workflows", []), ("workflow", [version])):
        answer = client.get(reverse(name, args=args))
        assert answer.status_code == 200
        assert reverse("workflow_publish", args=[version]) not in answer.content.decode()
    assert client.get(reverse("workflow_publish", args=[version])).status_code == 403
    assert client.post(reverse("workflow_publish", args=[version]), {}).status_code == 403
