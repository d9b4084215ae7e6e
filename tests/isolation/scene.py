"""The same rich rows at A and at B: what every address is asked for."""

from __future__ import annotations

import datetime as dt
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.world import START, ClientWorld, World, report
from vigie.accounts.models import Affiliation
from vigie.catalog.models import Service, Subscription
from vigie.channels.mail.models import ClientDomain, InboundMail, Mailbox
from vigie.compliance.actions import statements, terms
from vigie.compliance.models import (
    CreditRequest,
    Delivery,
    Exclusion,
    Maintenance,
    Outage,
    RateCommitment,
    Statement,
)
from vigie.compliance.tests.scene import ended_with
from vigie.contracts.actions import requirements
from vigie.contracts.actions.parties import add_part, attach
from vigie.contracts.actions.versions import draft_amendment, draft_of
from vigie.contracts.models import Commitment, Deadline, Supplier, SupplierContract, SupportCommitment
from vigie.escalation.actions.ladders import save_ladder, save_step
from vigie.escalation.models import Escalation, Ladder
from vigie.kernel.actor import SYSTEM
from vigie.notifications.models import Notice
from vigie.replay.actions import carry_out
from vigie.replay.models import Study
from vigie.rota.actions import absences, addresses, handover, on_call, shifts
from vigie.tenancy.models import Entity
from vigie.tickets.actions import handling, watching
from vigie.tickets.actions.canned import save_canned
from vigie.tickets.actions.conversation import Said, add_note, reply, save_draft, upload
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.actions.views import save_view
from vigie.tickets.models import AskedCorrection, Attachment, Clock, Ticket

MONTH = dt.date(2026, 1, 1)
ABSENT = 987_654_321


@dataclass
class Scene:
    world: World
    values: dict[str, dict[str, Any]] = field(default_factory=dict)

    def value(self, kind: str, whose: str) -> Any:
        """An id of ``kind`` owned by A (``own``), by B (``other``) or by nobody (``absent``)."""
        return self.values[kind][whose]


def _study(world: World, client: ClientWorld) -> Study:
    variant = {"name": f"Variante {client.organisation.code}", "pauses": {"supplier": True}}
    study = Study.objects.create(
        organisation=client.organisation, contract=client.contract, month=MONTH, variants=[variant], asked_by=world.manager,
        asked_at=START,
    )  # fmt: skip
    carry_out(study.pk, now=START)
    return study


def _rows(world: World, client: ClientWorld) -> dict[str, Any]:
    agent = world.actor(world.agent_all)
    user = world.actor(client.user)
    entity = Entity.objects.create(
        organisation=client.organisation, name=f"Entité {client.organisation.code}"
    )
    file = SimpleUploadedFile("plan.png", b"\x89PNG\r\n\x1a\n" + b"0" * 64)
    attached = upload(user, client.organisation.pk, "plan.png", file.size or 0, file.chunks(), now=START)
    first = report(world, client, uploads=[attached.token], tags=("vpn",))
    second = report(world, client, title="Accès VPN", ticket_type="request")
    third = report(world, client, title="Imprimante bloquée")
    reply(agent, first.pk, Said("<p>Bonjour, nous regardons.</p>"), now=START)
    add_note(agent, first.pk, Said("<p>voir la sauvegarde</p>"), now=START)
    take_step(agent, first.pk, "start", Given(), now=START)
    take_step(
        agent,
        first.pk,
        "wait",
        Given(pending_reason="client_info", text="<p>Quel poste ?</p>"),
        now=START + dt.timedelta(hours=1),
    )
    handling.set_parent(agent, third.pk, first.reference, now=START)
    watching.add_watcher(agent, first.pk, client.colleague.pk, now=START)
    save_draft(user, f"portal_new:{client.organisation.pk}", {"title": "brouillon"}, now=START)
    rate = _rate(client)
    amendment = {"effective_on": dt.date(2027, 1, 1), "changes": "Avenant"}
    draft = draft_of(client.contract) or draft_amendment(SYSTEM, client.contract.pk, amendment, now=START)
    signatory = add_part(
        SYSTEM, client.contract.pk, "signatories", {"side": "client", "name": "Signataire"}, now=START
    )
    paper = attach(SYSTEM, client.contract.pk, "contrat.pdf", 9, [b"%PDF-1.7\n"], now=START)
    deadline, _new = Deadline.objects.get_or_create(
        organisation=client.organisation,
        contract=client.contract,
        kind="end",
        due_on=dt.date(2026, 12, 31),
        told=60,
    )
    clock = Clock.objects.get(ticket=first, kind="response")
    exclusion = Exclusion.objects.create(
        organisation=client.organisation, ticket=third, clock=Clock.objects.get(ticket=third, kind="resolution"),
        kind="force_majeure", reason="crue", evidence="arrêté", asked_by=world.agent_all, asked_at=START,
    )  # fmt: skip
    asked = AskedCorrection.objects.create(
        organisation=client.organisation, ticket=first, said={"what": "answered", "at": START.isoformat()}, why="Appel",
        asked_by=world.agent_all, asked_at=START,
    )  # fmt: skip
    records = _records(client)
    statement, credit = _settled(client)
    affiliation = Affiliation.objects.get(organisation=client.organisation, person=client.user)
    mailbox, mail, domain = _mail_rows(client, "VCBmail" if client is not world.a else "Panne")
    return {
        "mailbox": mailbox.pk,
        "mail": mail.pk,
        "domain": domain.pk,
        "ticket": first.pk,
        "message": first.messages.order_by("pk").values_list("pk", flat=True)[0],
        "request": second.pk,
        "reference": first.reference,
        "token": Attachment.objects.get(token=attached.token).token,
        "organisation": client.organisation.pk,
        "client_code": client.organisation.code,
        "person": client.user.pk,
        "contact": client.colleague.pk,
        "site": client.site.pk,
        "entity": entity.pk,
        "affiliation": affiliation.pk,
        "contract": client.contract.pk,
        "commitment": Commitment.objects.filter(version=draft).values_list("pk", flat=True)[0],
        "draft_version": draft.pk,
        "signatory": signatory.pk,
        "contract_file": paper.pk,
        "deadline": deadline.pk,
        "requirement": requirements.ask(SYSTEM, client.contract.pk, ASKED, now=START).pk,
        "subscription": Subscription.objects.filter(organisation=client.organisation).values_list(
            "pk", flat=True
        )[0],
        "rate": rate.pk,
        "clock": clock.pk,
        "exclusion": exclusion.pk,
        "asked": asked.pk,
        "statement": statement.pk,
        "last_statement": ended_with(world, client).pk,
        "study": _study(world, client).pk,
        **_escalated(client, first),
        "credit": credit.pk,
        **records,
        "notice": Notice.objects.filter(recipient=client.user).values_list("pk", flat=True)[0],
    }


CANNED = {
    **dict.fromkeys(("title_fr", "title_en", "body_fr", "body_en"), "Merci"),
    "is_shared": False, "team_id": None, "service_id": None,
}  # fmt: skip


ASKED = {
    "title_fr": "Reprise", "title_en": "Back", "service": None, "measure": "resolution", "wished": "4 h", "asked_by": "Garnier",
    "asked_on": MONTH,
}  # fmt: skip


def _support_rows(world: World) -> dict[str, int]:
    """A supplier, its contract, a promise of it and one of a team."""
    supplier = Supplier.objects.create(code="fibre", name="Fibre du Nord")
    contract = SupplierContract.objects.create(
        supplier=supplier, reference="F1", name_fr="Liens", name_en="Links", starts_on=MONTH
    )
    contract.services.add(world.service)
    values = {"target_seconds": 3600, "calendar": world.calendar, "valid_from": MONTH}
    promise = SupportCommitment.objects.create(audience="uc", kind="uc", supplier_contract=contract, **values)
    SupportCommitment.objects.create(audience="ola", kind="ola_work", team=world.team, **values)
    return {"supplier": supplier.pk, "underpinning": contract.pk, "support": promise.pk}


def _mail_rows(client: ClientWorld, text: str) -> tuple[Mailbox, InboundMail, ClientDomain]:
    """A mailbox of the client, a mail that waits in it, a domain."""
    code, number = client.organisation.code.lower(), Mailbox.objects.count()
    mailbox = Mailbox.objects.create(
        name="Support", address=f"support-{number}@{code}.example", organisation=client.organisation,
        source="pipe", created_at=START,
    )  # fmt: skip
    raw = f"From: x@autre.example\r\nSubject: {text}\r\n\r\n{text}\r\n".encode()
    mail = InboundMail.objects.create(
        mailbox=mailbox, organisation=client.organisation, sha256="0" * 64, size=len(raw), raw=raw,
        received_at=START, state="held", outcome="stranger", sender="x@autre.example", subject=text,
    )  # fmt: skip
    domain = ClientDomain.objects.create(organisation=client.organisation, domain=f"n{number}.{code}.example")
    return mailbox, mail, domain


def _escalated(client: ClientWorld, ticket: Ticket) -> dict[str, Any]:
    """The client's ladder with a step, and what it fired on a ticket."""
    ladder = Ladder.objects.filter(organisation=client.organisation).first()
    if ladder is None:
        names = {"name_fr": f"Échelle {client.organisation.code}", "name_en": "Ladder"}
        scope = {
            "organisation": client.organisation,
            "contract": None,
            "kind": "",
            "priorities": [],
            "vip_only": False,
        }
        ladder = save_ladder(
            SYSTEM, None, {**names, **scope, "continues_with": None, "is_active": True}, now=START
        )
        nobody = dict.fromkeys(("position", "calendar", "team", "role", "person"))
        save_step(
            SYSTEM, ladder.pk, None,
            {**nobody, "unit": "percent", "value": 75, "mode": "hierarchical", "audience": "assignee", "acknowledge_within": 30},
            now=START,
        )  # fmt: skip
    step = ladder.steps.get()
    escalation = Escalation.objects.create(
        organisation=client.organisation, ticket=ticket, clock=Clock.objects.get(ticket=ticket, kind="response"), step=step,
        position=1, at=START, told_at=START, state="waiting", acknowledge_by=START,
    )  # fmt: skip
    return {"ladder": ladder.pk, "ladder_step": step.pk, "escalation": escalation.pk}


def _rota(world: World, ticket_ids: list[int]) -> dict[str, Any]:
    """The plan of a team, and a hand-over note that tells of tickets of both clients."""
    people = (world.agent.pk, world.agent_all.pk)
    day = (START + dt.timedelta(days=1), START + dt.timedelta(days=2))
    hours = {"hours": {"mon": [["08:00", "18:00"]]}, "people_needed": 1, "works_on_holidays": False}
    pattern = shifts.add_pattern(
        SYSTEM, world.team.pk, {**hours, "name_fr": "Jour", "name_en": "Day", "valid_from": MONTH}, now=START
    )
    place = shifts.place(SYSTEM, pattern.pk, people[0], [0], MONTH, now=START)
    rotation = on_call.start_rotation(
        SYSTEM, world.team.pk, people, starts_on=MONTH, handover_at=dt.time(9), now=START
    )
    override = on_call.override(SYSTEM, world.team.pk, people[1], day, now=START)
    swap = on_call.ask_swap(SYSTEM, world.team.pk, people[0], day, asker_id=people[1], now=START)
    absence = absences.record_absence(SYSTEM, people[0], "leave", *day, now=START).absence
    agent = world.actor(world.agent_all)
    note = handover.hand_over(
        agent, world.team.pk, world.team2.pk,
        handover.Note("Bonsoir", "Good evening", dict.fromkeys(ticket_ids, "à suivre")), now=START,
    )  # fmt: skip
    return {
        "pattern": pattern.pk, "place": place.pk, "rotation": rotation.pk, "override": override.pk, "swap": swap.pk,
        "absence": absence.pk, "note": note.pk, "feed": addresses.give_address(agent, now=START),
    }  # fmt: skip


def _settled(client: ClientWorld) -> tuple[Statement, CreditRequest]:
    """The client's month and its credit, once."""
    known = CreditRequest.objects.filter(organisation=client.organisation).select_related("statement").first()
    if known is not None:
        return known.statement, known
    statement = statements.propose(SYSTEM, client.contract.pk, MONTH, now=START + dt.timedelta(days=30))
    credit = CreditRequest.objects.create(
        organisation=client.organisation,
        statement=statement,
        amount=10,
        asked_at=START,
        answer_by=dt.date(2099, 1, 1),
    )
    return statement, credit


def _records(client: ClientWorld) -> dict[str, Any]:
    """An outage, a maintenance and a delivery of the client, each once more withdrawn; an availability and a survey that it
    was promised."""
    same = {"organisation": client.organisation, "recorded_at": START}
    service = Service.objects.get()
    outage = Outage.objects.create(
        **same, service=service, title="Panne", starts_at=START, ends_at=START + dt.timedelta(hours=2)
    )
    work = Maintenance.objects.create(
        **same, service=service, title="Mise à jour", announced_at=START, starts_at=START + dt.timedelta(days=4),
        ends_at=START + dt.timedelta(days=4, hours=2),
    )  # fmt: skip
    delivery = Delivery.objects.create(
        **same, contract=client.contract, title="Lot 1", value=100, agreed_on=dt.date(2026, 1, 10)
    )
    for row in (outage, work, delivery):
        again = copy(row)
        again.pk, again.cancelled_for = None, "Saisi deux fois"
        again.save(force_insert=True)
    return {
        "outage": outage.pk, "work": work.pk, "delivery": delivery.pk,
        "measure": _measure(client, "availability", service).pk, "survey": _measure(client, "satisfaction", None).pk,
    }  # fmt: skip


def _measure(client: ClientWorld, kind: str, service: Service | None) -> RateCommitment:
    """The client's commitment that is no ticket, once."""
    values = {
        "kind": kind, "ticket_type": "", "priority": None, "service": service, "target": 99, "n_min": 0, "allowed_misses": 0,
        "formula": "none", "terms": {}, "base": None, "cause": "réseau", "bonus_from": None, "bonus_percent": 0,
    }  # fmt: skip
    known = RateCommitment.objects.filter(contract=client.contract, kind=kind).first()
    return known or terms.add_rate(SYSTEM, client.contract.pk, values, MONTH, now=START)


def _rate(client: ClientWorld) -> RateCommitment:
    """The client's rate commitment, once."""
    values = {
        "kind": "resolution", "ticket_type": "", "priority": None, "target": 95, "n_min": 20, "allowed_misses": 1, "formula": "none",
        "terms": {}, "base": None, "cause": "réseau", "bonus_from": None, "bonus_percent": 0,
    }  # fmt: skip
    known = RateCommitment.objects.filter(contract=client.contract, kind="resolution").first()
    return known or terms.add_rate(SYSTEM, client.contract.pk, values, MONTH, now=START)


def build_scene(world: World) -> Scene:
    own, other = _rows(world, world.a), _rows(world, world.b)
    scene = Scene(world, {kind: {"own": own[kind], "other": other[kind], "absent": ABSENT} for kind in own})
    for kind in ("reference", "token", "client_code"):
        scene.values[kind]["absent"] = {"reference": "INC-ZZZ-9", "token": "z" * 43, "client_code": "ZZZ"}[
            kind
        ]
    view = save_view(world.actor(world.agent), "Mes P1", "priority=1")
    canned = save_canned(world.actor(world.agent), None, CANNED, now=START)
    # rows of the provider itself: the same for everybody
    for kind, value in {
        "team": world.team.pk,
        "service": world.service.pk,
        "category": world.category.pk,
        "calendar": world.calendar.pk,
        "role": world.roles["agent"].pk,
        "workflow": Ticket.objects.values_list("workflow_version_id", flat=True)[0],
        "agent": world.agent.pk,
        "view": view.pk,
        "canned": canned.pk,
        **_support_rows(world),
        "job": ABSENT,
        **_rota(world, [own["request"], other["request"]]),
        "verb": "resolve",
    }.items():
        scene.values[kind] = {"own": value, "other": ABSENT, "absent": ABSENT}
    for kind, word in (("part", "signatories"), ("step", "withdraw"), ("preset", "critical")):
        scene.values[kind] = dict.fromkeys(("own", "other", "absent"), word)
    for kind, word in {"nature": "outage", "measure_kind": "availability"}.items():
        scene.values[kind] = {"own": word, "other": word, "absent": word}
    return scene


def double(scene: Scene) -> None:
    """Twice as much of everything at B."""
    _rows(scene.world, ClientWorld(**vars(scene.world.b)))
