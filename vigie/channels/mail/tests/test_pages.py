"""Pages of mailboxes and mails: who may, what they write, what they say, at what cost."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.world import START, World, make_agent
from vigie.accounts.models import Affiliation, Person
from vigie.channels.mail.models import ClientDomain, InboundMail, Mailbox
from vigie.channels.mail.queries import health
from vigie.channels.mail.tests import servers
from vigie.channels.mail.tests.conftest import MakeMailbox
from vigie.channels.mail.tests.sink import open_sink
from vigie.toolkit import vault
from vigie.toolkit.models import JournalEntry

pytestmark = pytest.mark.django_db
RAW = (
    b"From: Jeanne Martin <jeanne@alpha-usine.example>\r\nTo: support@nord.example\r\nSubject: Panne\r\n"
    b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Plus de r\xc3\xa9seau</p><script>alert(1)</script>\r\n"
)
SETTINGS = {
    "name": "Support", "address": "support@nord.example", "language": "fr", "is_active": "on", "ticket_type": "incident",
    "unknown": "hold", "source": "imap", "host": "imap.nord.example", "port": "993", "security": "tls", "folder": "INBOX",
    "after_fetch": "seen", "sign_in": "password", "username": "support", "password": "secret très long",
    "smtp_port": "587", "smtp_security": "starttls",
}  # fmt: skip


def browser(person: Person) -> Client:
    found = Client()
    found.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return found


@pytest.fixture
def admin(world: World) -> Client:
    return browser(world.admin)


@pytest.fixture
def limited(world: World) -> Client:
    """A desk manager who sees A alone."""
    person = make_agent(
        "Limitée", "limitee@nord.example", ["agent", "desk_manager"], world.roles, clients=[world.a.organisation], team=None
    )  # fmt: skip
    return browser(person)


def shared_box(**more: Any) -> Mailbox:
    values: dict[str, Any] = {
        "name": "Support", "address": "support@nord.example", "source": "pipe", "created_at": START,
    }  # fmt: skip
    return Mailbox.objects.create(**(values | more))


def held(mailbox: Mailbox, raw: bytes = RAW, **more: Any) -> InboundMail:
    values: dict[str, Any] = {
        "mailbox": mailbox, "raw": raw, "size": len(raw), "sha256": f"{InboundMail.objects.count():064d}",
        "received_at": START, "state": "held", "outcome": "stranger", "sender": "jeanne@alpha-usine.example",
        "subject": "Panne",
    }  # fmt: skip
    return InboundMail.objects.create(**(values | more))


def shown(answer: Any) -> str:
    """The page, its French spaces made plain."""
    return str(answer.content.decode()).replace("\u00a0", " ").replace("\u202f", " ")


def jobs() -> list[int]:
    found = ProcrastinateJob.objects.filter(task_name="mail.settle").order_by("id")
    return [args["inbound_id"] for args in found.values_list("args", flat=True)]


class TestMailboxes:
    def test_a_secret_is_sealed_never_shown_and_kept_when_left_empty(self, admin: Client) -> None:
        assert admin.post(reverse("mailbox_new"), SETTINGS).status_code == 302
        mailbox = Mailbox.objects.get()
        assert vault.unseal(mailbox.password_sealed) == "secret très long"
        address = reverse("mailbox", args=[mailbox.pk])
        assert "très long" not in shown(admin.get(address))
        assert admin.post(address, SETTINGS | {"password": "", "name": "Autre"}).status_code == 302
        mailbox.refresh_from_db()
        assert (mailbox.name, vault.unseal(mailbox.password_sealed)) == ("Autre", "secret très long")
        entries = JournalEntry.objects.filter(subject="mail.mailbox")
        assert entries.count() == 2
        assert "très long" not in str(list(entries.values_list("after", flat=True)))

    def test_a_mail_that_waits_too_long_is_not_well(self, admin: Client) -> None:
        now = timezone.now()
        box = shared_box(source="imap", succeeded_at=now)
        mail = held(box, state="received", received_at=now - dt.timedelta(minutes=4))
        assert "Fonctionne" in shown(admin.get(reverse("mailboxes")))
        InboundMail.objects.filter(pk=mail.pk).update(received_at=now - dt.timedelta(minutes=6))
        for address in (reverse("mailboxes"), reverse("mailbox", args=[box.pk])):
            text = shown(admin.get(address))
            assert "Des e-mails attendent trop longtemps" in text
            assert "Fonctionne" not in text

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"host": ""}, "host"),
            ({"source": "folder", "folder": "../etc"}, "folder"),
            ({"after_fetch": "move", "done_folder": "INBOX"}, "done_folder"),
            ({"username": "a\x01b"}, "username"),
            ({"oauth_token_url": "http://token.example/"}, "oauth_token_url"),
        ],
    )
    def test_what_a_source_cannot_do_without(self, admin: Client, wrong: dict[str, str], field: str) -> None:
        answer = admin.post(reverse("mailbox_new"), SETTINGS | wrong)
        assert (answer.status_code, Mailbox.objects.count()) == (422, 0)
        assert f'id="id_{field}_error"' in answer.content.decode()

    def test_another_folder_is_read_from_its_beginning(self, admin: Client) -> None:
        admin.post(reverse("mailbox_new"), SETTINGS)
        Mailbox.objects.update(uidvalidity=7, last_uid=90, failures=3, trouble="mail.no_answer")
        mailbox = Mailbox.objects.get()
        admin.post(reverse("mailbox", args=[mailbox.pk]), SETTINGS | {"name": "x"})
        mailbox.refresh_from_db()
        assert (mailbox.uidvalidity, mailbox.last_uid, mailbox.trouble) == (7, 90, "")
        admin.post(reverse("mailbox", args=[mailbox.pk]), SETTINGS | {"host": "autre.example"})
        mailbox.refresh_from_db()
        assert (mailbox.uidvalidity, mailbox.last_uid) == (None, 0)

    def test_a_preset_fills_in_what_is_left_empty(self, admin: Client) -> None:
        admin.post(reverse("mailbox_new"), SETTINGS | {"oauth_provider": "microsoft", "oauth_scope": "mine"})
        mailbox = Mailbox.objects.get()
        assert mailbox.oauth_token_url.startswith("https://login.microsoftonline.com/")
        assert mailbox.oauth_scope == "mine"

    def test_the_list_says_how_each_fares(self, admin: Client) -> None:
        shared_box(source="imap", host="imap.nord.example", failures=2, trouble="mail.no_answer")
        text = shown(admin.get(reverse("mailboxes")))
        assert "« imap.nord.example » ne répond pas" in text

    def test_the_cost_of_the_list_does_not_grow(self, admin: Client) -> None:
        def statements() -> int:
            with CaptureQueriesContext(
                connection,
            ) as seen:
                admin.get(reverse("mailboxes"))
            return len(seen)

        held(shared_box())
        first = statements()
        for number in range(5):
            held(shared_box(address=f"n{number}@nord.example"), state="received")
        assert statements() == first
        assert first <= 12

    @pytest.mark.parametrize("name", ["mailboxes", "mailbox_new", "client_domains"])
    def test_only_administrators_set_up(self, world: World, name: str) -> None:
        assert browser(world.dispatcher).get(reverse(name)).status_code == 403
        assert browser(world.admin).get(reverse(name)).status_code == 200


def tokens(access: str) -> bytes:
    """What an authorisation server gave, valid for long."""
    return vault.seal(json.dumps({"access": access, "refresh": "r", "ends_at": "2199-01-01T00:00:00+00:00"}))


class TestTheTestButton:
    def steps(self, admin: Client, mailbox: Mailbox) -> str:
        answer = admin.post(reverse("mailbox_test", args=[mailbox.pk]))
        assert answer.status_code == 200
        return shown(answer)

    def test_all_is_well(self, admin: Client, make_mailbox: MakeMailbox) -> None:
        text = self.steps(admin, make_mailbox())
        assert text.count("#circle-check") == 4
        assert "le certificat finit le" in text
        assert "mail non lu" in text

    def test_it_stops_where_it_fails_and_says_what_to_do(
        self, admin: Client, make_mailbox: MakeMailbox
    ) -> None:
        text = self.steps(admin, make_mailbox(password_sealed=vault.seal("faux")))
        assert "#alert-octagon" in text
        assert "refuse le nom d’utilisateur ou le mot de passe" in text
        text = self.steps(admin, make_mailbox(folder="Absent"))
        assert "n’a pas de dossier « Absent »" in text

    def test_the_way_out_is_tried_too(self, admin: Client, make_mailbox: MakeMailbox) -> None:
        text = self.steps(admin, make_mailbox(smtp_host="localhost", smtp_port=servers.free_port()))
        assert "« localhost » refuse la connexion" in text

    def test_the_way_out_signs_in_with_a_token(self, admin: Client) -> None:
        with open_sink() as sink:
            sink.secret = "jeton-1"
            mailbox = shared_box(
                sign_in="oauth", username="support@nord.example", oauth_tokens_sealed=tokens("jeton-1"),
                smtp_host="127.0.0.1", smtp_port=sink.port, smtp_security="none",
            )  # fmt: skip
            text = self.steps(admin, mailbox)
            assert "« 127.0.0.1 » accepte nos e-mails" in text
            assert sink.signed_in == ["XOAUTH2 support@nord.example"]
            Mailbox.objects.update(oauth_tokens_sealed=tokens("jeton-perdu"))
            text = self.steps(admin, mailbox)
            assert "#alert-octagon" in text
            assert "accepte nos e-mails" not in text
            assert len(sink.signed_in) == 1

    def test_a_folder_and_a_pipe(self, admin: Client, tmp_path: Path, settings: Any) -> None:
        settings.MAIL_FOLDERS = tmp_path
        (tmp_path / "support").mkdir()
        text = self.steps(admin, shared_box(source="folder", folder="support"))
        assert "0 fichier" in text
        assert text.count("#circle-check") == 2
        assert "vigie mail deliver --mailbox p@nord.example" in self.steps(
            admin, shared_box(address="p@nord.example")
        )


class TestDomains:
    def add(self, admin: Client, world: World, domain: str) -> int:
        values = {"domain": domain, "organisation": world.a.organisation.pk}
        return admin.post(reverse("client_domains"), values).status_code

    @pytest.mark.parametrize(
        ("domain", "status"),
        [("@Alpha-Usine.example", 302), ("gmail.com", 422), ("pas un domaine", 422), ("été.example", 302)],
    )
    def test_added_or_refused(self, admin: Client, world: World, domain: str, status: int) -> None:
        assert self.add(admin, world, domain) == status
        assert ClientDomain.objects.count() == (1 if status == 302 else 0)

    def test_one_client_for_a_domain(self, admin: Client, world: World) -> None:
        ClientDomain.objects.create(organisation=world.b.organisation, domain="commun.example")
        assert self.add(admin, world, "commun.example") == 422

    def test_removed(self, admin: Client, world: World) -> None:
        self.add(admin, world, "alpha-usine.example")
        found = ClientDomain.objects.get()
        assert admin.post(reverse("client_domain_remove", args=[found.pk])).status_code == 302
        assert not ClientDomain.objects.exists()


class TestMails:
    def test_what_waits_is_listed_with_its_reason(self, admin: Client) -> None:
        held(shared_box())
        text = admin.get(reverse("inbound_mails")).content.decode()
        assert "Panne" in text
        assert "Expéditeur inconnu" in text

    @pytest.mark.parametrize(
        ("state", "first"), [("held", 1), ("quarantined", 1), ("ignored", 2), ("all", 2)]
    )
    def test_who_has_waited_longest_comes_first(self, admin: Client, state: str, first: int) -> None:
        box, now = shared_box(), timezone.now()
        for number, hours in ((2, 5), (1, 9), (0, 1)):
            mail = held(box, RAW + b"%d" % number, state="held" if state == "all" else state)
            InboundMail.objects.filter(pk=mail.pk).update(
                received_at=now - dt.timedelta(hours=hours), subject=f"Mail {number}"
            )
        text = admin.get(reverse("inbound_mails") + f"?state={state}").content.decode()
        order = re.findall(r"Mail ([012])", text)
        assert order == (["1", "2", "0"] if first == 1 else ["0", "1", "2"])
        said = "La plus longue attente d’abord" if first == 1 else "Les derniers arrivés d’abord"
        assert said in text

    @pytest.mark.parametrize(
        "state", ["held", "quarantined", "ignored", "noted", "settled", "received", "all"]
    )
    def test_every_state_opens(self, admin: Client, state: str) -> None:
        held(shared_box(), state="held" if state == "all" else state)
        answer = admin.get(reverse("inbound_mails") + f"?state={state}&q=jeanne")
        assert answer.status_code == 200
        assert "jeanne@alpha-usine.example" in answer.content.decode()

    def test_the_cost_of_the_list_does_not_grow(self, admin: Client) -> None:
        box = shared_box()

        def statements() -> int:
            with CaptureQueriesContext(connection) as seen:
                admin.get(reverse("inbound_mails"))
            return len(seen)

        held(box)
        first = statements()
        for _ in range(20):
            held(box)
        assert statements() == first
        assert first <= 13

    def test_a_mail_is_shown_as_text(self, admin: Client) -> None:
        text = admin.get(reverse("inbound_mail", args=[held(shared_box()).pk])).content.decode()
        assert "Plus de réseau" in text
        assert "<script>alert" not in text
        assert "Jeanne Martin" in text
        assert 'value="jeanne@alpha-usine.example"' in text

    def test_an_unreadable_mail_still_shows_its_head(self, admin: Client) -> None:
        raw = b"Subject: hostile <b>\r\n" + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" * 300
        mail = held(shared_box(), raw, state="quarantined", outcome="too_deep")
        text = admin.get(reverse("inbound_mail", args=[mail.pk])).content.decode()
        assert "Subject: hostile &lt;b&gt;" in text

    def test_the_name_of_a_file_is_shown_as_it_is_written(self, admin: Client) -> None:
        raw = (
            b"Content-Type: application/octet-stream\r\n"
            b"Content-Disposition: attachment; filename*=UTF-8''facture%E2%80%AEfdp.exe\r\n\r\nMZ\r\n"
        )
        text = admin.get(reverse("inbound_mail", args=[held(shared_box(), raw).pk])).content.decode()
        assert "<bdi>facturefdp.exe</bdi>" in text

    def test_the_bytes_are_a_file_that_never_runs(self, admin: Client) -> None:
        answer = admin.get(reverse("inbound_raw", args=[held(shared_box()).pk]))
        assert answer.content == RAW
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["Content-Disposition"].startswith("attachment;")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]

    def test_a_mail_read_again(self, admin: Client) -> None:
        mail = held(shared_box(), state="quarantined", outcome="crashed", detail="x", attempts=4)
        assert admin.post(reverse("inbound_replay", args=[mail.pk])).status_code == 302
        mail.refresh_from_db()
        assert (mail.state, mail.outcome, mail.detail, mail.attempts) == ("received", "", "", 0)
        assert jobs() == [mail.pk]
        assert admin.post(reverse("inbound_replay", args=[mail.pk])).status_code == 422, "it is being read"
        assert jobs() == [mail.pk]

    def test_all_of_one_reason_read_again(self, admin: Client) -> None:
        box = shared_box()
        broken = [held(box, state="quarantined", outcome="crashed") for _ in range(3)]
        other = held(box, state="quarantined", outcome="too_deep")
        settled = held(box, state="settled", outcome="crashed")
        page = reverse("inbound_mails") + "?state=quarantined&reason=crashed"
        assert reverse("inbound_replay_all") in admin.get(page).content.decode()
        admin.post(reverse("inbound_replay_all"), {"state": "quarantined", "reason": "crashed"})
        assert jobs() == [mail.pk for mail in broken]
        admin.post(reverse("inbound_replay_all"), {"state": "settled", "reason": "crashed"})
        other.refresh_from_db()
        settled.refresh_from_db()
        assert (other.state, settled.state) == ("quarantined", "settled")


class TestDecisions:
    def test_a_known_contact_and_its_domain(self, admin: Client, world: World) -> None:
        mail = held(shared_box())
        known = Affiliation.objects.get(person=world.a.user)
        options = admin.get(reverse("inbound_contacts") + "?q=user").content.decode()
        assert f'data-value="{known.pk}"' in options
        values = {"affiliation": known.pk, "remember_domain": "on"}
        assert admin.post(reverse("inbound_known", args=[mail.pk]), values).status_code == 302
        mail.refresh_from_db()
        assert (mail.state, mail.organisation, mail.decided_person) == (
            "received", world.a.organisation, world.a.user,
        )  # fmt: skip
        assert ClientDomain.objects.get().domain == "alpha-usine.example"
        assert jobs() == [mail.pk]
        assert JournalEntry.objects.filter(subject="mail.inboundmail", verb="decided").exists()

    def test_a_new_contact(self, admin: Client, world: World) -> None:
        mail = held(shared_box())
        values = {
            "name": "Jeanne Martin", "email": "jeanne@alpha-usine.example", "organisation": world.b.organisation.pk,
        }  # fmt: skip
        assert admin.post(reverse("inbound_new", args=[mail.pk]), values).status_code == 302
        mail.refresh_from_db()
        assert mail.decided_person
        assert mail.decided_person.email == "jeanne@alpha-usine.example"
        assert (mail.organisation, jobs()) == (world.b.organisation, [mail.pk])

    def test_a_refusal_keeps_what_was_typed_and_decides_nothing(self, admin: Client, world: World) -> None:
        mail = held(shared_box())
        values = {"name": "Deux", "email": world.a.user.email, "organisation": world.b.organisation.pk}
        answer = admin.post(reverse("inbound_new", args=[mail.pk]), values)
        assert answer.status_code == 422
        assert 'value="Deux"' in answer.content.decode()
        mail.refresh_from_db()
        assert (mail.state, jobs()) == ("held", [])

    def test_set_aside_with_a_reason(self, admin: Client) -> None:
        mail = held(shared_box())
        assert admin.post(reverse("inbound_aside", args=[mail.pk]), {"reason": " "}).status_code == 422
        admin.post(reverse("inbound_aside", args=[mail.pk]), {"reason": "Démarchage"})
        mail.refresh_from_db()
        assert (mail.state, mail.outcome, mail.detail) == ("ignored", "set_aside", "Démarchage")
        assert bytes(mail.raw) == RAW

    def test_a_mailbox_of_one_client_takes_mails_for_it_alone(self, admin: Client, world: World) -> None:
        mail = held(shared_box(organisation=world.a.organisation))
        other = Affiliation.objects.get(person=world.b.user)
        answer = admin.post(reverse("inbound_known", args=[mail.pk]), {"affiliation": other.pk})
        assert answer.status_code == 422
        mail.refresh_from_db()
        assert mail.state == "held"


class TestSight:
    """Who sees A alone learns nothing of B's mails and mailboxes."""

    @pytest.fixture
    def mail_of_b(self, world: World) -> InboundMail:
        return held(shared_box(organisation=world.b.organisation), organisation=world.b.organisation)

    @pytest.mark.parametrize(
        ("method", "name"),
        [
            ("get", "inbound_mail"), ("get", "inbound_raw"), ("post", "inbound_replay"), ("post", "inbound_aside"),
            ("post", "inbound_known"), ("post", "inbound_new"),
        ],
    )  # fmt: skip
    def test_out_of_sight(
        self, limited: Client, world: World, mail_of_b: InboundMail, method: str, name: str
    ) -> None:
        known = Affiliation.objects.get(person=world.a.user)
        values = {
            "reason": "x", "affiliation": known.pk, "name": "x", "email": "x@x.example",
            "organisation": world.a.organisation.pk,
        }  # fmt: skip
        answer = getattr(limited, method)(reverse(name, args=[mail_of_b.pk]), values)
        assert answer.status_code == 404
        mail_of_b.refresh_from_db()
        assert (mail_of_b.state, jobs()) == ("held", [])

    def test_lists_and_bulk(self, limited: Client, mail_of_b: InboundMail) -> None:
        assert "jeanne" not in limited.get(reverse("inbound_mails")).content.decode()
        limited.post(reverse("inbound_replay_all"), {"state": "held", "reason": "stranger"})
        assert jobs() == []

    def test_a_contact_of_b_cannot_be_chosen(self, limited: Client, world: World) -> None:
        mail = held(shared_box())
        other = Affiliation.objects.get(person=world.b.user)
        assert "Beta" not in limited.get(reverse("inbound_contacts") + "?q=user").content.decode()
        answer = limited.post(reverse("inbound_known", args=[mail.pk]), {"affiliation": other.pk})
        assert answer.status_code == 404

    def test_agents_without_the_grant(self, world: World) -> None:
        assert browser(world.agent).get(reverse("inbound_mails")).status_code == 403
        assert browser(world.a.manager).get(reverse("inbound_mails")).status_code == 404


def waiting_mail(world: World, outcome: str = "stranger", **more: Any) -> InboundMail:
    box = Mailbox.objects.create(
        name="Support", address="triage@nord.example", source="pipe", created_at=START
    )
    values = {"state": "held", "outcome": outcome, "raw": RAW, "sha256": "0" * 64, "size": len(RAW)} | more
    return InboundMail.objects.create(
        mailbox=box, received_at=START, sender="jeanne@alpha-usine.example", **values
    )


def test_who_may_not_make_a_contact_learns_who_may(world: World) -> None:
    person = make_agent(
        "Tri", "tri@nord.example", ["dispatcher"], world.roles, clients=[world.a.organisation], team=None
    )
    Person.objects.filter(pk=person.pk).update(language="en")
    page = browser(person).get(reverse("inbound_mail", args=[waiting_mail(world).pk])).content.decode()
    assert "Somebody new" in page
    assert "Ask one of those who may:" in page
    assert world.admin.name in page


def test_what_a_program_said_is_no_sentence_of_the_page(world: World, admin: Client) -> None:
    mail = waiting_mail(world, "empty", state="quarantined", raw=b" ", size=1, detail="nothing was sent")
    page = admin.get(reverse("inbound_mail", args=[mail.pk])).content.decode()
    assert "· nothing was sent" not in page
    assert '<code lang="en">nothing was sent</code>' in page


def test_a_mailbox_is_not_late_while_its_first_round_after_an_absence_runs(world: World) -> None:
    now = START + dt.timedelta(hours=2)
    box = Mailbox(source="imap", is_active=True, succeeded_at=START, polled_at=START, asked_at=START)
    assert health(box, now, None) == "late"
    box.asked_at = now - dt.timedelta(seconds=5)
    assert health(box, now, None) == "ok"
    assert health(box, now + dt.timedelta(minutes=2), None) == "late"
    box.failures = 1
    assert health(box, now, None) == "late"
