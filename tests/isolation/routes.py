"""Every address, classified: who it is for, whose rows its parts name, what it reads and what it is sent.

A value ``@ticket`` in a body or a query is an id (or code, or reference) of the visitor's own client; the matrix sends B's in its place,
one field at a time. An address missing here fails the tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.isolation.scene import Scene

Body = dict[str, Any]


@dataclass(frozen=True)
class Route:
    audience: str
    params: tuple[str, ...] = ()
    reads: bool = True
    sent: Body | None = None  # what a POST holds; None = the address takes no POST
    asked: tuple[str, ...] = ("",)  # queries of a GET
    shows_rows: bool = False  # shows rows of the client that its parts or queries name
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        return self.sent is not None

    def queries(self, scene: Scene, whose: str) -> list[str]:
        return [_filled(query, scene, whose) for query in self.asked]

    def body(self, scene: Scene, whose: str) -> Body:
        return {name: _filled(value, scene, whose) for name, value in (self.sent or {}).items()}

    def bodies_with_one_of_b(self, scene: Scene) -> Iterator[tuple[str, Body]]:
        for name, value in (self.sent or {}).items():
            if isinstance(value, str) and value.startswith("@"):
                yield name, {**self.body(scene, "own"), name: _filled(value, scene, "other")}


def _filled(value: Any, scene: Scene, whose: str) -> Any:
    if not isinstance(value, str) or "@" not in value:
        return value
    for kind in sorted(scene.values, key=len, reverse=True):
        value = value.replace(f"@{kind}", str(scene.value(kind, whose)))
    return value


def _agents(
    *params: str, sent: Body | None = None, asked: tuple[str, ...] = ("",), reads: bool = True
) -> Route:
    return Route("agents", params, reads, sent, asked)


def _showing(*params: str, sent: Body | None = None, asked: tuple[str, ...] = ("",)) -> Route:
    """An agents' page that shows rows of a client: a ticket's, a person's, a contract's…"""
    return Route("agents", params, True, sent, asked, shows_rows=True)


def _customers(
    *params: str,
    sent: Body | None = None,
    asked: tuple[str, ...] = ("",),
    reads: bool = True,
    rows: bool = False,
) -> Route:
    return Route("customers", params, reads, sent, asked, rows)


def _self(
    *params: str,
    sent: Body | None = None,
    asked: tuple[str, ...] = ("",),
    reads: bool = True,
    rows: bool = False,
) -> Route:
    return Route("signed_in", params, reads, sent, asked, rows)


def _anyone(sent: Body | None = None, reads: bool = True) -> Route:
    return Route("anyone", (), reads, sent)


# Pages of the sign-in library: each about the visitor alone.
ACCOUNT = [
    "account_logout",
    "account_inactive",
    "account_reauthenticate",
    "account_change_password",
    "account_set_password",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "mfa_index",
    "mfa_authenticate",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_login_webauthn",
    "mfa_reauthenticate_webauthn",
    "mfa_remove_webauthn",
    "mfa_edit_webauthn",
    "usersessions_list",
]

SAID = {"body": "<p>Bonjour</p>", "kind": "reply", "uploads": "@token", "submission": "matrix"}
RATE = {
    "kind": "response", "target": "95", "n_min": "20", "allowed_misses": "1", "formula": "none", "bonus_percent": "0", "valid_from": "2026-12-01",
}  # fmt: skip
STEP = {"unit": "percent", "amount": "90", "mode": "hierarchical", "audience": "assignee"}
MEASURE = {
    "target": "99.5", "notice_hours": "72", "formula": "none", "valid_from": "2026-12-01", "divisor": "1000",
}  # fmt: skip
OUTAGE = {
    "title": "Panne", "starts_at": "2026-01-12T09:00", "ends_at": "2026-01-12T10:00", "weight": "100", "source": "monitoring",
}  # fmt: skip
WORK = {
    "title": "Mise à jour", "announced_at": "2026-01-02T09:00", "starts_at": "2026-01-14T19:00", "ends_at": "2026-01-14T21:00",
}  # fmt: skip
NAMES = {"name_fr": "Nom", "name_en": "Name"}
OF_CLIENT = {"whose": "client"}
SPAN = {"starts_at": "2030-01-14T09:00", "ends_at": "2030-01-15T09:00"}
SHIFT = {"people_needed": "1", "mon": "08:00-18:00", "valid_from": "2030-01-01"}

ASKED = {
    "title_fr": "Reprise", "title_en": "Back", "measure": "resolution", "wished": "4 h", "asked_by": "Garnier",
    "asked_on": "2026-01-02",
}  # fmt: skip

SUPPLIER = {"name": "Copietech", "code": "copietech", "criticality": "3", "people": "Accueil; ; a@b.example"}

UNDERPINNING = {
    **NAMES, "reference": "F9", "services": "@service", "starts_on": "2026-01-01", "notice_months": "3", "renewal": "tacit",
    "renewal_months": "12",
}  # fmt: skip

HELD = {"target": "2h", "calendar": "@calendar", "service": "@service", "valid_from": "2030-01-01"}

MAILBOX = {
    "name": "Support",
    "address": "neuf@nord.example",
    "language": "fr",
    "ticket_type": "incident",
    "unknown": "hold",
    "source": "pipe",
    "port": "993",
    "security": "tls",
    "sign_in": "password",
    "folder": "INBOX",
    "after_fetch": "seen",
    "smtp_port": "587",
    "smtp_security": "starttls",
}

ROUTES: dict[str, Route] = {
    **{name: Route("account") for name in ACCOUNT},
    "account_login": _anyone({"login": "a@b.example", "password": "x"}),
    "demo_sign_in": _anyone({"email": "@reference"}, reads=False),
    "set_language": _anyone({"language": "en", "next": "/"}, reads=False),
    "home": _anyone(),
    "health_ready": _anyone(
        reads=False
    ),  # 503 without a worker: an honest answer that the matrix takes for an error
    "metrics": _anyone(),
    # about oneself
    "me": _self(sent={"name": "Moi", "language": "fr", "theme": "system", "timezone": "Europe/Paris"}),
    "switch_client": _self(sent={"organisation": "@organisation"}),
    "session": _self(sent={}),
    "sent_form": _self(),
    "set_theme": _self(sent={"theme": "dark"}, reads=False),
    "notices": _self(sent={"up_to": "@notice"}),
    "file": _self("token", rows=True),
    "file_upload": _self(sent={"organisation": "@organisation", "ticket": "@ticket"}, reads=False),
    "client_logo": _self("organisation"),
    # the portal
    "portal_home": _customers(),
    "portal_suggestions": _customers(asked=("?q=messagerie", "?q=VCB", "?q=@reference")),
    "portal_theme": _customers(),
    "portal_logo": _customers(),
    "portal_new": _customers(
        rows=True,
        asked=("", "?type=request&service=@service"),
        sent={
            "type": "incident",
            "title": "Panne",
            "body": "En panne",
            "urgency": "2",
            "need": "2",
            "impact": "3",
            "service": "@service",
            "beneficiary": "@contact",
            "site": "@site",
            "uploads": "@token",
            "submission": "m1",
        },
    ),
    "portal_new_promise": _customers(asked=("?type=incident&urgency=2&impact=3&site=@site",)),
    "portal_new_people": _customers(asked=("", "?q=a", "?q=er")),
    "portal_new_draft": _customers(sent={"title": "x", "body": "y"}, reads=False),
    "portal_upload": _customers(sent={"organisation": "@organisation"}, reads=False),
    "portal_contract": _customers(asked=("", "?contract=@contract", "?on=2026-01-01"), rows=True),
    "portal_compliance": _customers(asked=("", "?month=2026-01", "?contract=@contract"), rows=True),
    "portal_measure": _customers(
        "contract", "measure", asked=("?month=2026-01", "?month=2026-01&live=1"), rows=True
    ),
    "portal_records": _customers(),
    "portal_credit": _customers("credit", sent={"answer": "contest", "reason": "Pas d’accord"}, rows=True),
    "portal_exclusion": _customers(
        "exclusion", sent={"decision": "Pas d’accord", "verdict": "refuse"}, rows=True
    ),
    "portal_compliance_tickets": _customers(
        "contract",
        rows=True,
        asked=("?month=2026-01", "?month=2026-01&rate=@rate", "?month=2026-01&only=open"),
    ),
    "portal_tickets": _customers(asked=("", "?show=all&of=company", "?q=VCB", "?q=@reference"), rows=True),
    "portal_ticket": _customers("ticket", rows=True),
    "portal_promise": _customers("ticket", rows=True),
    "portal_promise_paper": _customers("ticket"),
    "portal_compliance_paper": _customers("contract", asked=("?month=2026-01",)),
    "portal_reply": _customers("ticket", sent=SAID, reads=False),
    "portal_draft": _customers("ticket", sent={"body": "x"}, reads=False),
    "portal_step": _customers(
        "ticket", "verb", sent={"body": "x", "reason": "x", "submission": "m2"}, reads=False
    ),
    # the console
    "search": _showing(asked=("?q=messagerie", "?q=VCB", "?q=@reference", "?q=BETA")),
    "palette": _showing(asked=("?q=", "?q=VCB", "?q=Beta", "?q=User", "?ticket=@ticket")),
    "palette_act": _agents("ticket", "verb", sent={}, reads=False),
    "notices_bell": _agents(),
    "board": _showing(),
    "queue": _showing(
        asked=(
            "",
            "?status=all",
            "?status=all&client=@client_code",
            "?q=VCB",
            "?status=all&assignee=@agent",
            "?requester=@person",
        )
    ),
    "queue_pulse": _agents(asked=("?since=0", "?status=all&client=@client_code&since=0")),
    "queue_filters": _showing(asked=("", "?status=all&client=@client_code&requester=@person")),
    "queue_people": _showing(asked=("?q=", "?q=VCB")),
    "queue_columns": _agents(sent={"column": "client"}, reads=False),
    "queue_bulk": _agents(
        sent={"ticket": "@ticket", "act": "assign", "verb": "start", "team": "@team", "assignee": "@agent"},
        asked=("?ticket=@ticket", "?ticket=@ticket&act=assign"),
    ),
    "queue_preview": _showing("ticket"),
    "queue_views": _agents(),
    "queue_view_new": _agents(sent={"name": "Vue", "query": "client=@client_code"}),
    "queue_view_order": _agents(sent={"order": "@view"}, reads=False),
    "queue_view_update": _agents("view", sent={"name": "Vue"}),
    "queue_view_delete": _agents("view", sent={}, reads=False),
    "ticket_new": _showing(
        asked=("", "?organisation=@organisation", "?organisation=@organisation&requester=@person"),
        sent={
            "organisation": "@organisation",
            "requester": "@person",
            "beneficiary": "@contact",
            "ticket_type": "incident",
            "channel": "phone",
            "title": "Panne",
            "body": "<p>x</p>",
            "impact": "3",
            "urgency": "2",
            "service": "@service",
            "site": "@site",
            "uploads": "@token",
            "submission": "m3",
        },
    ),
    "ticket_new_promise": _agents(
        asked=(
            "?organisation=@organisation&ticket_type=incident&impact=3&urgency=2&site=@site&requester=@person",
        )
    ),
    "ticket_new_fields": _agents(asked=("?organisation=@organisation",)),
    "ticket_new_draft": _agents(sent={"organisation": "@organisation", "title": "x"}, reads=False),
    "ticket_new_callers": _agents(asked=("?q=us", "?q=VCB")),
    "ticket_new_contacts": _showing("organisation", asked=("?q=u", "?q=VCB")),
    "ticket_facts": _agents(sent={"shown": "1"}, reads=False),
    "ticket": _showing("ticket"),
    "ticket_head": _showing("ticket"),
    "ticket_cards": _showing("ticket"),
    "ticket_news": _showing("ticket", asked=("?m=0&f=0",)),
    "ticket_mails": _agents("ticket", asked=("?m=0",)),
    "message_images": _agents("ticket", "message"),
    "message_image": _agents("ticket", "message", reads=False),
    "ticket_clocks": _showing("ticket"),
    "ticket_refer": _showing("ticket", sent={"contract": "1", "reference": "x", "note": "x"}),
    "ticket_answer": _showing("ticket", sent={"outcome": "accepted", "note": "x"}),
    "ticket_cause": _agents(
        "ticket",
        sent={"clock": "@clock", "reason": "complexity", "holder": "nobody", "note": "x"},
        reads=False,
    ),
    "ticket_clocks_paper": _agents("ticket"),
    "ticket_correct": _agents(
        "ticket", sent={"what": "answered", "at": "2026-01-12T09:30:00", "why": "Appel"}
    ),
    "ticket_correction": _showing("asked", sent={"decision": "Vu", "verdict": "refuse"}),
    "ticket_history": _showing("ticket"),
    "ticket_say": _agents("ticket", sent=SAID, reads=False),
    "ticket_draft": _agents("ticket", sent={"body": "x", "kind": "reply"}, reads=False),
    "ticket_step_draft": _agents("ticket", "verb", sent={"text": "x"}, reads=False),
    "ticket_presence": _agents("ticket", sent={"kind": "typing"}),
    "ticket_step": _agents(
        "ticket",
        "verb",
        sent={
            "pending_reason": "client_info",
            "text": "<p>x</p>",
            "resolution_code": "solved_permanently",
            "reason": "withdrawn",
            "master": "@reference",
            "submission": "m4",
        },
    ),
    "ticket_assign": _showing("ticket", sent={"team": "@team", "assignee": "@agent", "take": "1"}),
    "ticket_priority": _showing(
        "ticket", sent={"impact": "1", "urgency": "1", "priority": "", "reason": "x"}
    ),
    "ticket_type": _showing("ticket", sent={"type": "request"}),
    "canned_replies": _agents(),
    "canned_new": _agents(sent={"title_fr": "x", "title_en": "x", "body_fr": "x", "body_en": "x"}),
    "canned_edit": _agents("canned", sent={"title_fr": "x", "title_en": "x", "body_fr": "x", "body_en": "x"}),
    "canned_delete": _agents("canned", sent={}, reads=False),
    "ticket_canned": _agents("ticket", asked=("", "?q=VCB")),
    "ticket_canned_text": _agents("ticket", "canned"),
    "ticket_approvers": _showing("ticket", sent={"approvers": "@person", "person": "@person"}),
    "ticket_classify": _showing(
        "ticket",
        sent={
            "service": "@service",
            "category": "@category",
            "site": "@site",
            "tags": "vpn",
            "seen_tags": "",
            "seen_service": "",
            "seen_site": "",
            "seen_category": "",
            "seen_is_confidential": "",
        },
    ),
    "ticket_title": _agents("ticket", sent={"title": "Autre", "was": "Messagerie en panne"}),
    "ticket_link": _showing(
        "ticket", sent={"reference": "@reference", "other": "@reference", "kind": "related"}
    ),
    "ticket_orphan": _agents("ticket", sent={}, reads=False),
    "ticket_watch": _showing("ticket", sent={"person": "@contact"}),
    "ticket_people": _showing("ticket", asked=("?q=u", "?q=VCB")),
    # people
    "people": _showing(asked=("", "?q=VCB", "?q=user", "?client=@organisation", "?client=@client_code")),
    "contact_new": _showing(
        sent={
            "organisation": "@organisation",
            "name": "Neuf",
            "email": "neuf@alpha.example",
            "language": "fr",
            "timezone": "Europe/Paris",
            "roles": "user",
            "site": "@site",
            "entity": "@entity",
        },
        asked=("", "?organisation=@organisation"),
    ),
    "agent_new": _agents(
        sent={
            "name": "Agent",
            "email": "neuf@nord.example",
            "language": "fr",
            "timezone": "Europe/Paris",
            "roles": "@role",
            "clients": "@organisation",
            "teams": "@team",
        }
    ),
    "person": _showing("person"),
    "person_edit": _showing(
        "person",
        sent={"name": "Autre", "email": "autre@alpha.example", "language": "fr", "timezone": "Europe/Paris"},
    ),
    "person_access": _agents("agent", sent={"roles": "@role", "clients": "@organisation"}),
    "person_skills": _agents("agent", sent={}),
    "address_use_again": _agents("person", sent={}, reads=False),
    "outgoing_mail": _agents(),
    "outgoing_retry": _agents(sent={"mail": "0"}, reads=False),
    "outgoing_test": _agents(sent={}, reads=False),
    "status": _agents(),
    "jobs": _agents(asked=("", "?state=todo", "?state=failed&name=mail.settle")),
    "job": _agents("job"),
    "job_replay": _agents("job", sent={}, reads=False),
    "jobs_replay": _agents(sent={"name": "mail.settle"}, reads=False),
    "job_discard": _agents("job", sent={"reason": "x"}),
    "person_act": _agents("person", sent={"act": "disable"}, reads=False),
    "affiliation_new": _showing(
        "person",
        sent={"organisation": "@organisation", "roles": "user", "site": "@site", "entity": "@entity"},
        asked=("", "?organisation=@organisation"),
    ),
    "affiliation_edit": _showing("affiliation", sent={"roles": "user", "site": "@site", "entity": "@entity"}),
    "affiliation_end": _agents("affiliation", sent={}, reads=False),
    "teams": _agents(),
    "team_new": _agents(sent={"code": "t9", **NAMES, "level": "1"}),
    "skill_new": _agents(sent=NAMES, reads=False),
    "team": _agents("team", sent={"code": "n1", **NAMES, "level": "1", "member": "@agent"}),
    "roles": _agents(),
    "role_new": _agents(sent={"code": "r9", **NAMES, "grants": "tickets:view"}),
    "role": _agents("role", sent={"code": "agent", **NAMES, "grants": "tickets:view"}),
    "role_delete": _agents("role", sent={}, reads=False),
    # set-up
    "administration": _agents(),
    "clients": _showing(asked=("", "?q=VCB", "?q=beta", "?status=active")),
    "client": _showing("organisation"),
    "client_new": _agents(
        sent={"code": "NEW", "name": "Nouveau", "language": "fr", "timezone": "Europe/Paris"}
    ),
    "client_edit": _showing(
        "organisation", sent={"name": "Autre", "language": "fr", "timezone": "Europe/Paris"}
    ),
    "site_new": _showing(
        "organisation",
        sent={"name": "Site", "timezone": "Europe/Paris", "country": "FR", "entity": "@entity"},
    ),
    "site": _showing(
        "organisation",
        "site",
        sent={"name": "Site", "timezone": "Europe/Paris", "country": "FR", "entity": "@entity"},
    ),
    "entity_new": _showing("organisation", sent={"name": "Entité neuve", "parent": "@entity"}),
    "entity": _showing("organisation", "entity", sent={"name": "Entité", "parent": "@entity"}),
    "priority_policy": _showing("organisation", sent={"vip_rule": "none"}),
    "services": _agents(asked=("", "?q=VCB")),
    "service_new": _agents(
        sent={"code": "s9", **NAMES, "criticality": "2", "icon": "server", "default_team": "@team"}
    ),
    "service": _agents(
        "service",
        sent={"code": "mail", **NAMES, "criticality": "2", "icon": "server", "default_team": "@team"},
    ),
    "categories": _agents(),
    "category_new": _agents(sent={"code": "c9", **NAMES, "parent": "@category"}),
    "category": _agents("category", sent={"code": "mail", **NAMES}),
    "subscription_new": _showing("organisation", sent={"service": "@service", "team": "@team"}),
    "subscription": _showing("organisation", "subscription", sent={"service": "@service", "team": "@team"}),
    "contracts": _showing(asked=("", "?q=VCB", "?client=@organisation")),
    "contract_start": _agents(),
    "contract_from": _agents("preset"),
    "contract_new": _showing(
        sent={
            "organisation": "@organisation",
            "reference": "K9",
            **NAMES,
            "nature": "external",
            "starts_on": "2026-01-01",
        }
    ),
    "contract": _showing("contract", asked=("", "?on=2026-01-01", "?on=2020-01-01")),
    "contract_edit": _showing(
        "contract",
        sent={
            "organisation": "@organisation",
            "reference": "K9",
            **NAMES,
            "nature": "external",
            "starts_on": "2026-01-01",
        },
    ),
    "contract_preview": _showing(
        "contract", asked=("?type=incident&priority=2&site=@site&service=@service&at=2026-01-12T09:00",)
    ),
    "contract_history": _showing("contract"),
    "draft": _showing("contract"),
    "amendment_new": _showing("contract", sent={"effective_on": "2027-01-01", "changes": "Délais"}),
    "draft_edit": _showing(
        "contract",
        "draft_version",
        sent={"effective_on": "2027-01-01", "on_priority_change": "carry_over", "on_reopen": "resume"},
    ),
    "draft_cover": _showing(
        "contract", sent={"services": "@service", "sites": "@site", "entities": "@entity"}
    ),
    "contract_part_new": _showing("contract", "part", sent={"side": "client", "name": "Un signataire"}),
    "contract_part": _showing(
        "contract", "part", "signatory", sent={"side": "client", "name": "Une signataire"}
    ),
    "contract_part_drop": _agents("contract", "part", "signatory", sent={}, reads=False),
    "contract_file_new": _showing("contract", sent={}),
    "contract_file": _agents("contract", "contract_file"),
    "contract_file_drop": _agents("contract", "contract_file", sent={}, reads=False),
    "suspension_new": _showing("contract", sent={"reason": "Travaux"}),
    "notice_new": _showing("contract", sent={"notice_on": "2026-01-12", "notice_reference": "RAR 1"}),
    "contract_step": _agents("contract", "step", sent={}, reads=False),
    "deadline_acknowledge": _agents("contract", "deadline", sent={}, reads=False),
    "draft_force": _agents("contract", sent={}, reads=False),
    "draft_drop": _agents("contract", sent={}, reads=False),
    "commitment_new": _showing(
        "contract",
        sent={
            "kind": "resolution",
            "target": "8h",
            "calendar": "@calendar",
            "site": "@site",
            "service": "@service",
        },
    ),
    "commitment": _showing(
        "contract",
        "commitment",
        sent={"kind": "resolution", "target": "8h", "calendar": "@calendar", "site": "@site"},
    ),
    "commitment_drop": _agents("contract", "commitment", sent={}, reads=False),
    "coverage": _showing("contract", asked=("", "?only=silent")),
    "chain": _showing("contract", "commitment"),
    "requirements": _showing("contract"),
    "requirement_new": _showing("contract", sent={**ASKED, "service": "@service"}),
    "requirement": _showing("requirement"),
    "requirement_edit": _showing("requirement", sent={**ASKED, "service": "@service"}),
    "requirement_decide": _agents("requirement", sent={"state": "refused", "reason": "Trop"}, reads=False),
    "requirement_trace": _agents("requirement", sent={"commitments": "@commitment"}, reads=False),
    "suppliers": _agents(asked=("", "?q=fibre")),
    "supplier_new": _agents(sent=SUPPLIER),
    "supplier": _agents("supplier"),
    "supplier_edit": _agents("supplier", sent=SUPPLIER),
    "supplier_contract_new": _agents("supplier", sent=UNDERPINNING),
    "supplier_contract": _agents("underpinning", sent=UNDERPINNING),
    "underpinning_new": _agents("underpinning", sent={**HELD, "kind": "uc"}),
    "agreements": _agents(),
    "agreement_new": _agents("team", sent={**HELD, "kind": "ola_own"}),
    "support": _agents("support", sent={**HELD, "kind": "uc"}),
    "support_end": _agents("support", sent={}, reads=False),
    # compliance
    "contract_month": _showing("contract", asked=("", "?month=2026-01")),
    "contract_month_tickets": _showing(
        "contract", asked=("?month=2026-01", "?month=2026-01&rate=@rate", "?month=2026-01&only=open")
    ),
    "contract_month_paper": _agents("contract", asked=("?month=2026-01",)),
    "statement_propose": _agents("contract", sent={"month": "2026-01"}, reads=False),
    "statement": _agents("statement"),
    "statement_approve": _agents("statement", sent={}, reads=False),
    "penalty_terms": _agents(
        "contract",
        sent={
            "kind": "resolved",
            "fee": "10",
            "franchise": "0",
            "earn_back_after": "0",
            "valid_from": "2026-12-01",
        },
    ),
    "rate_new": _agents("contract", sent=RATE),
    "rate": _showing("contract", "rate", sent=RATE),
    "rate_end": _agents("contract", "rate", sent={}, reads=False),
    "exclusions": _showing(asked=("", "?state=all")),
    # what if
    "what_if": _agents(
        "contract", sent={"a_name": "x", "a_pause_supplier": "yes", "a_calendar": "@calendar"}
    ),
    "study": _showing("study", asked=("", "?rate=@rate")),
    "study_tickets": _agents("study", asked=("?variant=0",)),
    "exclusion_new": _showing(
        "clock", sent={"kind": "force_majeure", "reason": "Crue", "evidence": "Arrêté"}
    ),
    "exclusion": _showing("exclusion", sent={"decision": "Accord écrit", "verdict": "approve"}),
    # escalation
    "breach_risk": _agents(asked=("", "?within=3d")),
    "breach_risk_rows": _agents(asked=("?within=3d",)),
    "escalations": _showing(asked=("?which=all", "?which=waiting", "")),
    "escalation": _showing("escalation"),
    "escalation_acknowledge": _agents("escalation", sent={}, reads=False),
    "ladders": _showing(),
    "ladder": _showing("ladder"),
    "ladder_new": _showing(
        sent={**NAMES, **OF_CLIENT, "organisation": "@organisation", "contract": "@contract"}
    ),
    "ladder_edit": _showing(
        "ladder", sent={**NAMES, **OF_CLIENT, "organisation": "@organisation", "is_active": "on"}
    ),
    "ladder_step_new": _agents("ladder", sent=STEP),
    "ladder_step": _agents("ladder", "ladder_step", sent=STEP),
    "ladder_step_remove": _agents("ladder", "ladder_step", sent={}, reads=False),
    "exclusion_new_record": _showing(
        "nature", "outage", sent={"kind": "force_majeure", "reason": "Crue", "evidence": "Arrêté"}
    ),
    "measure_new": _agents(
        "contract", "measure_kind", sent={**MEASURE, "service": "@service", "calendar": "@calendar"}
    ),
    "measure": _showing(
        "contract", "measure", sent={**MEASURE, "service": "@service", "calendar": "@calendar"}
    ),
    "measure_month": _showing("contract", "measure", asked=("?month=2026-01", "?month=2026-01&live=1")),
    "reading": _showing(
        "contract",
        "survey",
        sent={"answers": "3", "satisfied": "2", "source": "Enquête"},
        asked=("?month=2026-01",),
    ),
    "deliveries": _showing("contract"),
    "delivery_new": _agents("contract", sent={"title": "Lot 2", "value": "10", "agreed_on": "2026-01-20"}),
    "delivery": _showing(
        "contract", "delivery", sent={"title": "Lot 2", "value": "10", "agreed_on": "2026-01-20"}
    ),
    "records": _showing("organisation", asked=("", "?of=maintenance")),
    "outage_new": _agents("organisation", sent={**OUTAGE, "service": "@service", "reference": "@reference"}),
    "outage": _showing(
        "organisation", "outage", sent={**OUTAGE, "service": "@service", "reference": "@reference"}
    ),
    "maintenance_new": _agents("organisation", sent={**WORK, "service": "@service"}),
    "maintenance": _showing("organisation", "work", sent={**WORK, "service": "@service"}),
    "record_withdraw": _agents("nature", "outage", sent={"reason": "Erreur"}, reads=False),
    "credits": _showing(),
    "credit": _showing("credit", sent={"decided": "10", "grounds": "Accord"}),
    "balance": _showing("last_statement", sent={"agreed": "Abandonné"}),
    "credit_note": _agents("credit", sent={"note": "AV-1"}, reads=False),
    "calendars": _agents(),
    "calendar_new": _showing(sent={"code": "k9", **NAMES, "organisation": "@organisation"}),
    "calendar": _showing("calendar"),
    "calendar_hours": _agents("calendar", sent={"timezone": "Europe/Paris", "effective_on": "2026-02-01"}),
    "calendar_feed": _agents("calendar", sent={"url": ""}),
    "calendar_feed_read": _agents("calendar", sent={}),
    "calendar_feed_take": _agents("calendar", sent={}),
    "calendar_edit": _agents("calendar", sent={"code": "k1", **NAMES, "organisation": "@organisation"}),
    "workflows": _agents(),
    "workflow": _agents("workflow"),
    # rotas: the provider's own, but for the tickets of a hand-over and the contracts behind a gap
    "rota": _agents(),
    "rota_gaps": _agents(),  # of a contract, its reference alone: a code
    "rota_load": _agents(asked=("", "?months=12", "?team=@team")),
    "rota_mine": _agents(),
    "rota_address": _agents(sent={"act": "give"}, reads=False),
    "rota_feed": Route("anyone", ("feed",)),
    "rota_absence_new": _agents(sent={"person": "@agent", "kind": "leave", **SPAN}),
    "rota_absence_withdraw": _agents("absence", sent={}, reads=False),
    "rota_week": _agents("team", asked=("", "?week=2026-01-12")),
    "rota_hub": _agents("team", sent={"holiday_sets": "FR", "next_team": ""}),
    "rota_shifts": _agents("team"),
    "rota_pattern_new": _agents("team", sent={**NAMES, **SHIFT}),
    "rota_pattern": _agents("team", "pattern", sent={**NAMES, **SHIFT}),
    "rota_place_new": _agents(
        "pattern", sent={"person": "@agent", "weekdays": "6", "valid_from": "2026-02-01"}
    ),
    "rota_day_new": _agents("pattern", sent={"person": "@agent", "day": "2026-02-02", "kind": "comes"}),
    "rota_place_end": _agents("place", sent={}, reads=False),
    "rota_on_call": _agents("team", asked=("", "?from=2026-01-12")),
    "rota_rotation_new": _agents(
        "team",
        sent={
            "rank": "2",
            "starts_on": "2030-01-01",
            "handover_at": "09:00",
            "handover_weekday": "0",
            "turn_days": "7",
        },
    ),
    "rota_rotation_end": _agents("rotation", sent={"ends_on": "2030-01-01"}),
    "rota_override_new": _agents("team", sent={"rank": "1", "person": "@agent", **SPAN}),
    "rota_override_withdraw": _agents("override", sent={}, reads=False),
    "rota_swap_new": _agents("team", sent={"rank": "1", "asker": "@agent", "other": "@agent", **SPAN}),
    "rota_swap_answer": _agents("swap", sent={"act": "accept"}, reads=False),
    "rota_call_out_new": _agents("team", sent={"person": "@agent", "reason": "Panne", **SPAN}),
    "rota_hand_over": _showing(
        "team",
        sent={
            "to_team": "@team",
            "body_fr": "Bonjour",
            "body_en": "Hello",
            "told": "@ticket",
            "moved": "@ticket",
            "sure": "1",
        },
    ),
    "rota_notes": _agents(),
    "rota_note": _showing("note", sent={}),
    # mail
    "mailboxes": _agents(),
    "mailbox_new": _agents(sent={**MAILBOX, "organisation": "@organisation", "team": "@team"}),
    "mailbox": _agents("mailbox", sent={**MAILBOX, "organisation": "@organisation", "team": "@team"}),
    "mailbox_test": _agents("mailbox", sent={}),
    "mailbox_connect": _agents("mailbox"),
    "mailbox_oauth_return": _agents(),
    "client_domains": _agents(sent={"organisation": "@organisation", "domain": "neuf.example"}),
    "client_domain_remove": _agents("domain", sent={}, reads=False),
    "inbound_mails": _agents(asked=("", "?state=all", "?state=all&q=VCB", "?state=held&reason=stranger")),
    "inbound_contacts": _agents(asked=("?q=u", "?q=VCB", "?q=u&client=@organisation")),
    "inbound_replay_all": _agents(sent={"state": "held", "reason": "stranger"}, reads=False),
    "inbound_mail": _agents("mail"),
    "inbound_raw": _agents("mail"),
    "inbound_replay": _agents("mail", sent={}, reads=False),
    "inbound_known": _agents("mail", sent={"affiliation": "@affiliation"}, reads=False),
    "inbound_new": _agents(
        "mail",
        sent={"name": "Neuf", "email": "neuf@neuf.example", "organisation": "@organisation"},
        reads=False,
    ),
    "inbound_aside": _agents("mail", sent={"reason": "x"}, reads=False),
    "workflow_publish": _agents("workflow", sent={"reopen_days": "5", "close_days": "5"}),
}
