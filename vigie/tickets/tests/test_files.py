"""Files: kept whatever they are called, served so that none of them acts."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.world import World, report
from vigie.accounts.models import Person
from vigie.tickets.actions.conversation import Said, add_note
from vigie.tickets.models import Attachment, Message, Ticket
from vigie.toolkit.files import path_of

pytestmark = pytest.mark.django_db
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000" "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)  # fmt: skip
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def send(client: Client, name: str, content: bytes, kind: str = "application/octet-stream", **where: object):  # type: ignore[no-untyped-def]
    query = "&".join(f"{key}={value}" for key, value in where.items())
    return client.post(f"{reverse('file_upload')}?{query}", {"file": SimpleUploadedFile(name, content, kind)})


def fetch(client: Client, url: str):  # type: ignore[no-untyped-def]
    return client.get(url)


def body(answer) -> bytes:  # type: ignore[no-untyped-def]
    return b"".join(answer.streaming_content)


def test_a_picture_is_shown_in_place_and_comes_back_byte_for_byte(world: World) -> None:
    client = signed_in(world.agent)
    sent = send(client, "écran.png", PNG, organisation=world.a.organisation.pk).json()
    answer = fetch(client, sent["url"])
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Disposition"].startswith("inline")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert body(answer) == PNG


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("dessin.svg", SVG),
        ("page.html", HTML),
        ("photo.png", HTML),  # a lying name
        ("photo.png", SVG),
        ("facture.pdf", b"%PDF-1.7\n<script>alert(1)</script>"),
        ("polyglot.txt", b"plain words <svg onload=alert(1)>"),
        ("page.xhtml", b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><script/></html>'),
        ("blob", b"\x00\x01\x02"),
    ],
)
def test_nothing_but_a_plain_picture_is_ever_shown_in_place(world: World, name: str, content: bytes) -> None:
    client = signed_in(world.agent)
    sent = send(client, name, content, "image/png", organisation=world.a.organisation.pk)
    answer = fetch(client, sent.json()["url"])
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert body(answer) == content


def test_a_picture_that_is_also_a_page_stays_a_picture(world: World) -> None:
    client = signed_in(world.agent)
    sent = send(client, "a.html", PNG + HTML, "text/html", organisation=world.a.organisation.pk).json()
    answer = fetch(client, sent["url"])
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert body(answer).endswith(HTML)


@pytest.mark.parametrize(
    "name",
    [b"../../etc/passwd", b"..\\..\\windows\\win.ini", b"a\x00b.txt", "\u202egnp.exe.txt".encode(), b"x" * 300 + b".txt", b"...", b"\xff\xfe.txt"],
)  # fmt: skip
def test_hostile_names_are_cleaned(world: World, name: bytes) -> None:
    """Sent as raw bytes: a client library would clean them first."""
    client = signed_in(world.agent)
    sent = client.post(
        f"{reverse('file_upload')}?organisation={world.a.organisation.pk}",
        b'--cut\r\nContent-Disposition: form-data; name="file"; filename="' + name + b'"\r\n'
        b"Content-Type: text/plain\r\n\r\nbonjour\r\n--cut--\r\n",
        content_type="multipart/form-data; boundary=cut",
    )
    if sent.status_code != 200:
        assert sent.json()["message"]
        return
    kept = Attachment.objects.get(token=sent.json()["id"])
    assert not {"/", "\\", "\x00", "\u202e"} & set(kept.name)
    assert 0 < len(kept.name) <= 200
    answer = fetch(client, sent.json()["url"])
    assert "\n" not in answer["Content-Disposition"]
    assert body(answer) == b"bonjour"
    assert Path(settings.FILES) in path_of(kept.sha256).parents


def test_what_is_too_large_or_empty_is_refused_with_a_sentence(world: World) -> None:
    client = signed_in(world.agent)
    large = send(
        client, "film.mp4", b"0" * (settings.UPLOAD_LIMIT + 1024 * 1024), organisation=world.a.organisation.pk
    )
    assert large.status_code == 422
    assert "film.mp4" in large.json()["message"]
    assert "25" in large.json()["message"]
    assert send(client, "vide.txt", b"", organisation=world.a.organisation.pk).status_code == 422
    assert client.post(reverse("file_upload")).status_code == 422
    assert Attachment.objects.count() == 0


def test_a_full_disk_is_said_and_the_request_can_be_sent_without_its_file(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("vigie.toolkit.files.os.fsync", full)
    client = signed_in(world.a.user)
    values = {
        "type": "incident", "title": "Imprimante muette", "body": "Plus rien depuis ce matin.", "service": "",
        "urgency": "2", "impact": "3", "submission": "full-disk",
    }  # fmt: skip
    answer = client.post(
        reverse("portal_new"), {**values, "files": SimpleUploadedFile("journal.log", b"x" * 99)}
    )
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "journal.log" in text
    assert "Plus rien depuis ce matin." in text
    assert Attachment.objects.count() == 0
    assert not [path for path in Path(settings.FILES).rglob("*") if path.name.startswith(".incoming-")]
    assert client.post(reverse("portal_new"), values).status_code == 302
    assert Ticket.objects.get().title == "Imprimante muette"


def test_a_file_sent_with_the_composer_itself_is_kept(world: World) -> None:
    """Without script, or before the editor is there: also where the sending is held back."""
    ticket, client = report(world), signed_in(world.agent)
    address = reverse("ticket_say", args=[ticket.pk])
    held = client.post(
        address,
        {"kind": "reply", "body": "", "files": SimpleUploadedFile("a.txt", b"a")},
    )
    empty = client.post(
        address, {"kind": "reply", "body": "Voici", "files": SimpleUploadedFile("b.txt", b"")}
    )
    kept = Attachment.objects.filter(name="a.txt")
    assert (held.status_code, empty.status_code) == (302, 422)
    assert kept.get().message_id is not None
    refused = client.post(
        address, {"kind": "reply", "body": "Voici", "seen": "0", "files": SimpleUploadedFile("c.txt", b"c")}
    )
    token = Attachment.objects.get(name="c.txt").token
    assert refused.status_code == 409
    assert f'name="uploads" value="{token}" checked' in refused.content.decode()
    client.post(address, {"kind": "note", "body": "Voici", "uploads": token})
    assert Attachment.objects.get(name="c.txt").audience == "internal"


def test_a_customer_sends_for_its_own_client_alone(world: World) -> None:
    client = signed_in(world.a.user)
    sent = send(client, "capture.png", PNG)
    assert sent.status_code == 200
    assert Attachment.objects.get().organisation == world.a.organisation
    answer = fetch(client, sent.json()["url"])
    assert body(answer) == PNG  # through the wall
    assert send(client, "x.txt", b"x", organisation=world.b.organisation.pk).status_code == 404
    theirs = report(world, world.b, now=timezone.now())
    assert send(client, "x.txt", b"x", ticket=theirs.pk).status_code == 404
    assert fetch(signed_in(world.b.user), sent.json()["url"]).status_code == 404
    assert fetch(signed_in(world.a.colleague), sent.json()["url"]).status_code == 404  # not sent yet
    assert fetch(Client(), sent.json()["url"]).status_code == 302


def test_the_file_of_a_note_never_reaches_the_client(world: World) -> None:
    now = timezone.now()
    ticket = report(world, now=now)
    agent = signed_in(world.agent)
    sent = send(agent, "interne.png", PNG, ticket=ticket.pk).json()
    add_note(world.actor(world.agent), ticket.pk, Said(f'<div>voir <img src="{sent["url"]}"></div>'), now=now)
    kept = Attachment.objects.get()
    assert (kept.audience, kept.message) == ("internal", Message.objects.get(kind="note"))
    assert fetch(agent, sent["url"]).status_code == 200
    assert fetch(signed_in(world.a.user), sent["url"]).status_code == 404
    assert fetch(signed_in(world.a.manager), sent["url"]).status_code == 404


def test_an_agent_sends_for_its_clients_alone(world: World) -> None:
    client = signed_in(world.agent)
    assert send(client, "x.txt", b"x", organisation=world.b.organisation.pk).status_code == 404
    assert send(client, "x.txt", b"x").status_code == 404


def test_a_file_that_vanished_is_not_found(world: World) -> None:
    client = signed_in(world.agent)
    sent = send(client, "x.txt", b"only here", organisation=world.a.organisation.pk).json()
    path_of(Attachment.objects.get().sha256).unlink()
    assert fetch(client, sent["url"]).status_code == 404
