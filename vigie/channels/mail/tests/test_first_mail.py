"""The first mail of a request: its signature is folded, what it passes on is what it is about."""

from __future__ import annotations

import html

import pytest

from vigie.channels.mail.rules.body import body_of
from vigie.channels.mail.rules.parsed import ParsedMail
from vigie.channels.mail.rules.reply_html import split_html_signature
from vigie.channels.mail.rules.reply_text import split_signature

WORDS = "Bonjour,\n\nLe serveur de Lyon ne répond plus."
LEGAL = (
    "Ce message et ses pièces jointes sont confidentiels et établis à l'intention exclusive de leurs\n"
    "destinataires. Si vous l'avez reçu par erreur, merci de le détruire."
)
SIGNATURES = {
    "phone": "Envoyé de mon iPhone",
    "delimiter": "-- \nJean Dupont\nDirecteur",
    "goodbye": "Cordialement,\nJean Dupont\n03 20 11 22 33",
    "legal": LEGAL,
    "English": "This e-mail is confidential and intended only for the person named above.",
    "trees": "Pensez à l'environnement avant d'imprimer ce message.",
    "all": f"-- \nJean Dupont\n03 20 11 22 33\n\n{LEGAL}",
}
FORWARDED = "---------- Message transféré ----------\nDe : Anne <anne@client.example>\nObjet : Panne\n\nRien ne va plus.\n-- \nAnne"
PLAIN = [
    "Ce message est pour vous dire que le serveur est en panne.",
    "Bonjour,\n\nCe message du serveur revient : disque plein.",
    "Une note\n--option\nà la fin",
    "Envoyé de mon iPhone",
]


def as_html(text: str) -> str:
    return "".join(f"<div>{html.escape(line) or '<br>'}</div>" for line in text.split("\n"))


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_signature_is_folded(name: str) -> None:
    signature = SIGNATURES[name]
    found = split_signature(f"{WORDS}\n\n{signature}\n")
    assert (found.written, found.signature.split()) == (WORDS, signature.split())
    written, below = split_html_signature(as_html(f"{WORDS}\n\n{signature}"))
    assert "ne répond plus" in written
    last = html.escape(signature.split("\n")[-1])
    assert last not in written
    assert last in below.replace('"', "&quot;") or html.unescape(last) in html.unescape(below)


@pytest.mark.parametrize("text", PLAIN)
def test_words_stay(text: str) -> None:
    assert split_html_signature(as_html(text)) == (as_html(text), "")
    mail = ParsedMail(text=text)
    assert body_of(mail, is_reply=False, addresses={}).text == text


def test_what_is_passed_on_stays_with_the_words_and_keeps_its_own_signature() -> None:
    found = split_signature(f"{WORDS}\n\n-- \nJean Dupont\n\n{FORWARDED}")
    assert found.signature == "-- \nJean Dupont"
    assert found.written.startswith(WORDS)
    assert found.written.endswith(FORWARDED)
    written, below = split_html_signature(as_html(f"{WORDS}\n\n-- \nJean Dupont\n\n{FORWARDED}"))
    assert "Rien ne va plus." in written
    assert "Anne" in written
    assert "Jean Dupont" not in written
    assert "Jean Dupont" in below
    assert "Anne" not in below
