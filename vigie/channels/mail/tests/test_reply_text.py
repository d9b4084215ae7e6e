"""What is new in a text: quote headers of many languages and programs, signatures, forwards; and no line is ever lost."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vigie.channels.mail.rules.reply_text import Reply, split_reply

NEW = "Bonjour,\n\nC'est réglé, merci !"
OLD = "Voici la panne.\n\nAnne"

HEADERS = [
    "Le 4 mai 2024 à 10:12, Anne Petit <anne@client.example> a écrit :",
    "Le 4 mai 2024 à 10:12, Anne Petit <anne@client.example> a écrit\u00a0:",
    "Le lun. 6 mai 2024 à 10:12, Anne Petit <anne@client.example> a\nécrit :",
    "Le 04/05/2024 à 10:12, Support (Client) a écrit :",
    "Le samedi 4 mai 2024 à 10:12:33 UTC+2, Anne Petit\n<anne@client.example> a écrit :",
    "De : Anne Petit <anne@client.example>\nEnvoyé : samedi 4 mai 2024 10:12\nÀ : Support <support@desk.example>\nObjet : Panne",
    "De: Anne Petit\nEnvoyé: samedi 4 mai 2024 10:12\nÀ: Support\nCc: Paul\nObjet: RE: Panne",
    "________________________________\nDe : Anne Petit <anne@client.example>\nEnvoyé : samedi 4 mai 2024\nÀ : Support\nObjet : Panne",
    "-----Message d'origine-----\nDe : Anne Petit",
    "-------- Message original --------\nDe : Anne",
    '----- Mail original -----\nDe: "Anne Petit" <anne@client.example>\nÀ: support@desk.example\nEnvoyé: Samedi 4 Mai 2024 10:12:00\nObjet: Panne',
    "*De :* Anne Petit <anne@client.example>\n*Envoyé :* samedi 4 mai 2024\n*À :* Support\n*Objet :* Panne",
    "##- Merci de répondre au-dessus de cette ligne -##",
    "On Sat, May 4, 2024 at 10:12 AM Ann <ann@client.example> wrote:",
    "From: Ann <ann@client.example>\nSent: Saturday, May 4, 2024 10:12 AM\nTo: Support\nSubject: Failure",
    "Am 04.05.2024 um 10:12 schrieb Anne Petit:",
    "Von: Anne <anne@client.example>\nGesendet: Samstag, 4. Mai 2024 10:12\nAn: Support\nBetreff: Störung",
    "El sáb, 4 may 2024 a las 10:12, Ana (<ana@client.example>) escribió:",
    "Il giorno sab 4 mag 2024 alle ore 10:12 Anna <anna@client.example> ha scritto:",
    "Op za 4 mei 2024 om 10:12 schreef Anna <anna@client.example>:",
    "Em sáb., 4 de mai. de 2024 às 10:12, Ana <ana@client.example> escreveu:",
    "Den lör 4 maj 2024 kl 10:12 skrev Anna <anna@client.example>:",
    "lør. 4. mai 2024 kl. 10:12 skrev Anna <anna@client.example>:",
    "la 4. toukok. 2024 klo 10.12 Anna <anna@client.example> kirjoitti:",
    "sob., 4 maj 2024 o 10:12 Anna <anna@client.example> napisał(a):",
    "so 4. 5. 2024 v 10:12 odesílatel Anna <anna@client.example> napsal:",
    "сб, 4 мая 2024 г. в 10:12, Анна <anna@client.example>:",
    "4 мая 2024 г. 10:12 пользователь Анна <anna@client.example> написал:",
    "4 May 2024 Cmt 10:12 tarihinde Anna <anna@client.example> şunu yazdı:",
    "Anna <anna@client.example> ezt írta (időpont: 2024. máj. 4., Szo, 10:12):",
    "2024年5月4日(土) 10:12 Anna <anna@client.example>:",
    "在 2024年5月4日，上午10:12，Anna <anna@client.example> 写道：",
    "2024년 5월 4일 (토) 오전 10:12, Anna <anna@client.example>님이 작성:",
]


@pytest.mark.parametrize("header", HEADERS)
def test_a_quote_header_ends_what_is_written(header: str) -> None:
    reply = split_reply(f"{NEW}\n\n{header}\n\n{OLD}")
    assert reply.written == NEW
    assert reply.quoted == f"{header}\n\n{OLD}"
    assert reply.signature == ""


@pytest.mark.parametrize("header", [header for header in HEADERS if ":" in header and "\n" not in header])
def test_the_same_above_a_marked_quotation(header: str) -> None:
    quoted = "\n".join(f"> {line}" for line in OLD.splitlines())
    reply = split_reply(f"{NEW}\n\n{header}\n\n{quoted}\n")
    assert (reply.written, reply.quoted) == (NEW, f"{header}\n\n{quoted}")


WORDS = [
    "Le 4 mai j'ai écrit à Paul, qui n'a pas répondu.",
    "On 4 May I wrote a mail to the bank.\nNothing came.",
    "Le problème :\n- l'écran est noir\n- le clavier aussi",
    "De : Paris\nÀ : Lyon\nLe train est en retard.",
    "De : Paris\nÀ : Lyon\nDate : demain\nTrain : le premier",
    "Objet : je ne sais pas\nMerci",
    "Nous avons :\n----------\nPC : 4\nÉcrans : 2\n----------\nMerci",
    "On blah-blah\nmore: text",
    "Date: demain\nLieu: Lyon",
    "Il dit : le serveur est à l'arrêt.",
    "Mon adresse est anne@client.example :\nmerci de la noter",
    "a -> b\n| c | d |",
    "Merci\n\nCordialement,\nAnne Petit",
]


@pytest.mark.parametrize("text", WORDS)
def test_words_that_look_a_little_like_it_stay(text: str) -> None:
    assert split_reply(f"Bonjour,\n\n{text}\n\nJ'attends.") == Reply(f"Bonjour,\n\n{text}\n\nJ'attends.")


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nAnne Petit\nClient SA",
        "--\nAnne",
        "Envoyé de mon iPhone",
        "Envoyé depuis l'application Mail Orange",
        "Envoyé à partir de Outlook pour Android",
        "Sent from my iPhone",
        "Sent from Mail for Windows",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "Von meinem iPhone gesendet",
        "Enviado desde mi iPhone",
        "Inviato da iPhone",
        "Verzonden vanaf mijn iPhone",
        "Cordialement,\n\nAnne Petit\nClient SA\nTél. : 01 23 45 67 89\nwww.client.example",
        "Bien cordialement\nAnne Petit | +33 6 12 34 56 78",
    ],
)
def test_signatures_are_folded(signature: str) -> None:
    assert split_reply(f"{NEW}\n\n{signature}\n") == Reply(NEW, "", signature.strip())
    both = split_reply(f"{NEW}\n\n{signature}\n\n{HEADERS[0]}\n> {NEW[:7]}")
    assert (both.written, both.signature) == (NEW, signature.strip())


def test_a_forwarded_mail_is_content() -> None:
    forward = "---------- Message transféré ---------\nDe : Paul <paul@client.example>\nDate : sam. 4 mai 2024\nSubject: Panne\nÀ : Anne\n\nLe serveur est arrêté.\n\nLe 3 mai 2024, Léa a écrit :\n> Ah"
    assert split_reply(f"Pour information.\n\n{forward}") == Reply(f"Pour information.\n\n{forward}")
    assert split_reply(forward) == Reply(forward)
    block = HEADERS[5]
    assert split_reply(f"Pour information.\n\n{block}\n\n{OLD}", "TR : Panne").quoted == ""
    assert split_reply(f"{block}\n\n{OLD}") == Reply(f"{block}\n\n{OLD}")


def test_answers_below_and_between() -> None:
    header = HEADERS[0]
    below = split_reply(f"{header}\n\n> Ça marche ?\n> Anne\n\nOui, tout va bien.\nPaul")
    assert below == Reply("Oui, tout va bien.\nPaul", f"{header}\n\n> Ça marche ?\n> Anne")
    between = "> Première question ?\n\nOui.\n\n> Seconde ?\n\nNon."
    assert split_reply(f"{header}\n\n{between}") == Reply(between, header)
    assert split_reply(between) == Reply(between)


def test_a_wrapped_line_of_a_quotation_is_quoted() -> None:
    reply = split_reply(
        "Oui\n\nLe 4 mai 2024, Anne a écrit :\n> une ligne trop longue pour le\nprogramme\n> suite"
    )
    assert reply.written == "Oui"


PIECES = st.sampled_from(
    [
        *HEADERS,
        *WORDS,
        "> x",
        ">> y",
        "",
        "-- ",
        "Sent from my iPhone",
        "Cordialement,",
        "Tél. 01 23 45 67 89",
        "Oui",
        "-----",
        "| z",
        "--- On 4 May 2024 Ann wrote:",
        "---------- Forwarded message ----------",
    ]
)


@given(st.lists(PIECES | st.text(max_size=60), max_size=14).map("\n".join))
@example(f"-----\n{HEADERS[0]}\n{HEADERS[0]}")
def test_every_line_is_in_one_part(text: str) -> None:
    reply = split_reply(text)
    parts = f"{reply.written}{reply.quoted}{reply.signature}"
    assert Counter("".join(text.split())) == Counter("".join(parts.split()))
    assert reply.written or not text.strip()


HOSTILE = {
    "one line": "x" * 10**6,
    "marks": ">" * 10**6,
    "quoted lines": "> a\n" * 250_000,
    "beginnings": "On 1 a\n" * 140_000,
    "long beginnings": ("Le 4 mai " + "écrit " * 60 + "\n") * 2_700,
    "dashes": "-" * 10**6,
    "labels": "From: a@b.c\n" * 80_000,
    "addresses": "a@b " * 250_000,
    "blank lines": "\n" * 10**6,
    "goodbyes": "Cordialement,\n" * 70_000,
    "delimiters": "a\n-- \n" * 160_000,
    "devices": "Sent from my " * 77_000,
    "device lines": "Sent from my phone\n" * 52_000,
    "wrote": "wrote: " * 140_000,
    "alternating": "> a\nb\n" * 160_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_megabyte_of_anything_takes_a_second_at_most(name: str) -> None:
    started = time.process_time()
    split_reply(HOSTILE[name])
    assert time.process_time() - started < 1
