"""No sentence of an answer is taken for the head of the quotation below it, whatever dates and numbers it holds."""

from __future__ import annotations

import html
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.channels.mail.rules.reply_html import split_html_reply
from vigie.channels.mail.rules.reply_text import split_reply

SENTENCES = [
    "Le technicien est passé à 14 h, rien n'a changé.",
    "Le modèle est 5420",
    "Merci, rappelez-moi au 03 20 12 34 56",
    "Le 12/11 cela marchait",
    "On Monday 23 it worked.",
    "Monitor 2 is still black.",
    "Merci, je serai là dès 14 h.",
    "Le 26/11/2026 à 10:12 tout fonctionnait encore",
    "Le 26/11 à 14 h 05 Paul est venu",
    "Le lundi 23 novembre 2026 l'imprimante du 2e étage s'est arrêtée",
    "Le 4 mai j'ai écrit à Paul, qui n'a pas répondu",
    "Le 4 mai 2026, le technicien m'a écrit",
    "Le 3e poste est toujours bloqué",
    "Le poste 12 redémarre tout seul.",
    "Le code est 4411, l'alarme 2.",
    "Le serveur SRV-VAL-02 répond de nouveau",
    "Le 26 nov., ça marche !",
    "Le 26 novembre 2026 à 9 h, rendez-vous confirmé",
    "Le câble 3 et le câble 4 sont inversés",
    "Le numéro de série est 5CG1234XYZ",
    "Mercredi 25 je suis absente.",
    "Mercredi 25 novembre à 14 h, c'est parfait",
    "Mon poste est le PC-2045",
    "Mon numéro : 06 12 34 56 78",
    "Mon adresse est claire.dubois@valmont.example",
    "Lundi 23/11/2026 à 8 h 30, rien ne va plus",
    "Mardi 24 nous étions 12 sans réseau",
    "Jeudi 26 novembre 2026",
    "Dimanche 22, la sauvegarde a duré 9 heures",
    "Samedi 21/11 tout était arrêté",
    "26/11/2026 10:12 toujours en panne",
    "2026-11-26 10:12 ERROR 500 sur /login",
    "10:12 erreur, 10:15 erreur, 10:20 plus rien",
    "12 personnes sont bloquées",
    "3 postes sur 4 redémarrent",
    "À 14 h 30, cela ne fonctionne toujours pas",
    "A 14h30 je vous attends",
    "De 8 h à 10 h la ligne était coupée",
    "Den 2 il manque une page",
    "En 2025 nous avions eu la même panne",
    "On a redémarré 3 fois",
    "On May 4, 2026 the printer was replaced",
    "On Thu, Nov 26, 2026 at 10:12 AM it stopped again",
    "On Thursday, November 26 at 2 PM, Paul came by",
    "On 26/11/2026 at 10:12 nothing worked",
    "On 4 May I wrote a mail to the bank.",
    "Mon 23 Nov was fine, Tue 24 was not.",
    "Monday 23 November 2026, 9 am suits me",
    "Sat 21 and Sun 22 the office is closed",
    "Sent 3 screenshots to your colleague",
    "The serial number is 5CG1234XYZ",
    "Model 5420, 16 GB",
    "Call me at +33 3 20 12 34 56 before 5 pm",
    "2 of 3 screens work",
    "It failed at 10:12 and at 10:40.",
    "At 9:30 it was fine",
    "Il est 10:12 et le 2e écran est noir",
    "Il a dit le 24/11 que ce serait réparé",
    "Data 2026-11-20 to 2026-11-25 are missing",
    "Depuis le 24/11/2026 à 18:00, plus aucun e-mail",
    "Am 12:00 I leave",
    "El 2",
    "Op 3 bloquée au 26/11",
    "C'est bon depuis 11 h, merci Léa",
    "Envoyé le 24/11, reçu le 26/11",
    "Écrivez à support@autre.example avant le 30/11",
    "Le 24/11 le technicien nous a écrit que c'était réparé.",
    "Le 24/11 le technicien m'a écrit : patientez",
    "On 24 Nov your colleague wrote that it was solved",
]
ATTRIBUTIONS = {
    "gmail fr": "Le jeu. 26 nov. 2026 à 12:57, Léa Martin (Nord Infogérance) <support@nord.example> a écrit :",
    "gmail fr wrapped": "Le jeu. 26 nov. 2026 à 12:57, Léa Martin (Nord Infogérance) <\nsupport@nord-infogerance.example> a écrit :",
    "gmail fr wrapped2": "Le jeu. 26 nov. 2026 à 12:57, Léa Martin (Nord Infogérance)\n<support@nord.example> a\nécrit :",
    "thunderbird fr": "Le 26/11/2026 à 12:57, Léa Martin (Nord Infogérance) a écrit\xa0:",
    "thunderbird en": "On 26/11/2026 12:57, Léa Martin (Nord Infogérance) wrote:",
    "gmail en": "On Thu, Nov 26, 2026 at 12:57 PM Léa Martin (Nord Infogérance) <support@nord.example> wrote:",
    "gmail en wrapped": "On Thu, Nov 26, 2026 at 12:57 PM Léa Martin (Nord Infogérance) <\nsupport@nord.example> wrote:",
    "apple fr": "Le 26 nov. 2026 à 12:57, Léa Martin (Nord Infogérance) <support@nord.example> a écrit :",
    "apple en": "On 26 Nov 2026, at 12:57, Léa Martin (Nord Infogérance) <support@nord.example> wrote:",
    "apple en wrapped": "On Nov 26, 2026, at 12:57 PM, Léa Martin (Nord Infogérance)\n<support@nord.example> wrote:",
    "yahoo fr": "Le jeudi 26 novembre 2026 à 12:57:33 UTC+1, Léa Martin (Nord Infogérance) <support@nord.example> a écrit :",
    "yahoo fr wrapped": "Le jeudi 26 novembre 2026 à 12:57:33 UTC+1, Léa Martin (Nord\nInfogérance) <support@nord.example> a écrit :",
    "yahoo en": "On Thursday, November 26, 2026 at 12:57:33 PM GMT+1, Léa Martin <support@nord.example> wrote:",
    "yahoo en wrapped": "On Thursday, November 26,\n2026 at 12:57:33 PM GMT+1, Léa Martin <support@nord.example> wrote:",
    "android fr": 'Le 26 nov. 2026 12:57, "Léa Martin (Nord Infogérance)" <support@nord.example> a écrit :',
    "gmail de": "Am Do., 26. Nov. 2026 um 12:57 Uhr schrieb Léa Martin <support@nord.example>:",
    "thunderbird de": "Am 26.11.26 um 12:57 schrieb Léa Martin (Nord Infogérance):",
    "name alone": "Léa Martin <support@nord.example> wrote:",
    "outlook fr": "De : Léa Martin <support@nord.example>\nEnvoyé : jeudi 26 novembre 2026 12:57\nÀ : Claire Dubois <claire.dubois@valmont.example>\nObjet : [INC-VALMONT-42] Panne",
    "outlook en": "From: Léa Martin <support@nord.example>\nSent: Thursday, November 26, 2026 12:57 PM\nTo: Claire Dubois <claire.dubois@valmont.example>\nSubject: [INC-VALMONT-42] Panne",
    "original fr": "-----Message d'origine-----\nDe : Léa Martin",
}
UNMARKED = ("outlook", "original")
QUOTED = "Bonjour,\nEst-ce réglé le 26/11 ?"


def below(client: str) -> str:
    marked = "\n".join(f"> {line}" for line in QUOTED.splitlines())
    return f"{ATTRIBUTIONS[client]}\n{QUOTED if client.startswith(UNMARKED) else marked}"


def shown(text: str) -> str:
    return html.escape(text, quote=False).replace("\n", "<br>").replace("\xa0", "&nbsp;")


def as_html(program: str, written: str, attribution: str) -> str:
    """The mail as the program builds it; ``lines``: one that only breaks its lines."""
    words, header, quoted = shown(written), shown(attribution), shown(QUOTED)
    return {
        "gmail": f'<div dir="ltr"><div>Bonjour Léa,</div><div><br></div><div>{words}</div></div><br><div class="gmail_quote">'
        f'<div dir="ltr" class="gmail_attr">{header}<br></div><blockquote class="gmail_quote">{quoted}</blockquote></div>',
        "thunderbird": f'<p>Bonjour Léa,</p><p>{words}<br></p><div class="moz-cite-prefix">{header}<br></div>'
        f'<blockquote type="cite" cite="mid:x">{quoted}</blockquote>',
        "lines": f"<div>{words}<br>{header}<br><blockquote>{quoted}</blockquote></div>",
    }[program]


@pytest.mark.parametrize("client", ATTRIBUTIONS)
def test_no_sentence_above_an_attribution_is_folded_in_a_text(client: str) -> None:
    tail = below(client)
    for sentence, gap in itertools.product(SENTENCES, ("\n", "\n\n")):
        for written in (sentence, f"Bonjour Léa,{gap}{sentence}"):
            reply = split_reply(f"{written}{gap}{tail}\n")
            assert (reply.written, reply.quoted) == (written, tail), (sentence, gap)


@pytest.mark.parametrize("client", ATTRIBUTIONS)
@pytest.mark.parametrize("program", ["gmail", "thunderbird", "lines"])
def test_no_sentence_above_an_attribution_is_folded_in_html(program: str, client: str) -> None:
    for sentence in SENTENCES:
        written, quoted = split_html_reply(as_html(program, sentence, ATTRIBUTIONS[client]))
        assert shown(sentence) in written, sentence
        assert "Est-ce réglé" in quoted, sentence
        assert shown(ATTRIBUTIONS[client]).split("<br>")[0] in quoted, sentence


@given(
    st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=6),
    st.sampled_from(["\n", "\n\n"]),
    st.sampled_from(sorted(ATTRIBUTIONS)),
)
@settings(max_examples=300)
def test_several_sentences_stay_too(sentences: list[str], gap: str, client: str) -> None:
    written = gap.join(sentences)
    assert split_reply(f"{written}{gap}{below(client)}").written == written


def test_an_answer_of_one_such_line_folds_the_mail_below_it() -> None:
    reply = split_reply(f"Merci, je serai là dès 14 h.\n\n{below('thunderbird fr')}")
    assert (reply.written, reply.quoted) == ("Merci, je serai là dès 14 h.", below("thunderbird fr"))


@pytest.mark.parametrize(
    "words",
    [
        "Le 24/11/2026 à 10:12, le technicien m'a écrit :\n- redémarrez le poste",
        "Le technicien est passé à 14 h\nIl a écrit :\n- rien",
        "On 24 Nov 2026 your colleague kindly wrote:\n- restart it",
        "Mon collègue Paul <paul@valmont.example> m'a écrit :\n- redémarrez le poste",
    ],
)
def test_what_a_writer_reports_stays(words: str) -> None:
    assert split_reply(f"Bonjour,\n\n{words}\n\nMerci").quoted == ""
