"""What is new in HTML: containers of the programs that people use, else the words, and never the end of a tag lost."""

from __future__ import annotations

import html
import re
import time
from collections import Counter

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.channels.mail.rules.reply_html import split_html_reply

NEW = "<div>C'est réglé, merci !</div>"
OLD = "<p>Voici la panne.</p><p>Anne</p>"
HEADER = "Le 4 mai 2024 à 10:12, Anne &lt;anne@client.example&gt; a écrit :"
BLOCK = "<b>De :</b> Anne &lt;anne@client.example&gt;<br><b>Envoyé :</b> samedi 4 mai 2024<br><b>À :</b> Support<br><b>Objet :</b> Panne"

PROGRAMS = {
    "Gmail": f'<div class="gmail_quote"><div dir="ltr" class="gmail_attr">{HEADER}<br></div><blockquote class="gmail_quote" style="margin:0">{OLD}</blockquote></div>',
    "Gmail, new": f'<div class="gmail_quote gmail_quote_container"><div class="gmail_attr">{HEADER}</div><blockquote class="gmail_quote">{OLD}</blockquote></div>',
    "Thunderbird": f'<div class="moz-cite-prefix">{HEADER}<br></div><blockquote type="cite" cite="mid:1@client.example">{OLD}</blockquote>',
    "Apple Mail": f'<div><br><blockquote type="cite"><div>{HEADER}</div><br><div>{OLD}</div></blockquote></div>',
    "Apple Mail on a phone": f'<div dir="ltr"></div><div dir="ltr"><br><blockquote type="cite">{HEADER}<br><br></blockquote></div><blockquote type="cite"><div>{OLD}</div></blockquote>',
    "Outlook": f'<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal">{BLOCK}</p></div>{OLD}',
    "Outlook on the web": f'<div id="appendonsend"></div><hr style="width:98%"><div id="divRplyFwdMsg" dir="ltr">{BLOCK}</div><div>{OLD}</div>',
    "Outlook on a phone": f'<div id="mail-editor-reference-message-container"><div>{OLD}</div></div>',
    "Hotmail": f'<hr id="stopSpelling">Date: Sat, 4 May 2024 10:12<br>Subject: Panne<br>From: anne@client.example<br><br>{OLD}',
    "Yahoo": f'<div id="yahoo_quoted_12" class="yahoo_quoted"><div>{HEADER}</div><div>{OLD}</div></div>',
    "Zimbra": f'<hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__">{BLOCK}</div><div data-marker="__QUOTED_TEXT__">{OLD}</div>',
    "Proton": f'<div class="protonmail_quote">{HEADER}<br><blockquote class="protonmail_quote" type="cite">{OLD}</blockquote></div>',
    "words only": f"<p>{HEADER}</p>{OLD}",
    "a mark in words": f"<div>-----Message d'origine-----</div>{OLD}",
}


def words(source: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", source)).split())


@pytest.mark.parametrize("name", PROGRAMS)
def test_quotations_of_the_usual_programs(name: str) -> None:
    written, quoted = split_html_reply(f"<html><body>{NEW}{PROGRAMS[name]}</body></html>")
    assert words(written) == "C'est réglé, merci !"
    assert words(quoted) == words(PROGRAMS[name])
    assert "<blockquote" not in written
    for piece in (written, quoted):
        assert len(re.findall(r"<div", piece)) == len(re.findall(r"</div", piece))


def test_a_forward_and_a_mail_without_words_of_its_own_are_content() -> None:
    forward = f'<div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>{BLOCK}</div>{OLD}</div>'
    for source in (
        f"<div>Pour information</div>{forward}",
        forward,
        PROGRAMS["Outlook"],
        PROGRAMS["Gmail"],
        NEW,
    ):
        written, quoted = split_html_reply(source)
        assert words(written) == words(source)
        assert quoted == ""


def test_answers_below_and_between() -> None:
    quote = f"<p>{HEADER}</p><blockquote>Ça marche ?</blockquote>"
    written, quoted = split_html_reply(f"{quote}<p>Oui, tout va bien.</p>")
    assert (words(written), words(quoted)) == ("Oui, tout va bien.", words(quote))
    between = f"{quote}<p>Oui.</p><blockquote>Et là ?</blockquote><p>Non.</p>"
    written, quoted = split_html_reply(between)
    assert (words(written), quoted) == (words(between), "")


@pytest.mark.parametrize(
    "source",
    [
        "<p>Bonjour</p>",
        "<blockquote>Citation</blockquote><p>qu'en dites-vous ?</p>",
        "<p>De : Paris</p><p>À : Lyon</p>",
        "",
    ],
)
def test_other_mails_stay_whole(source: str) -> None:
    written, quoted = split_html_reply(source)
    assert (words(written), quoted) == (words(source), "")


def test_scripts_and_handlers_are_gone() -> None:
    written, quoted = split_html_reply(
        f'<p onclick="x()">Oui<script>x()</script></p>{PROGRAMS["Gmail"]}<img src="javascript:x()">'
    )
    assert "x()" not in written + quoted


HTML = st.sampled_from(
    [
        *PROGRAMS.values(),
        NEW,
        "<div>",
        "</div>",
        "<p>",
        "<blockquote>",
        "</blockquote>",
        "<hr>",
        "<table><tr><td>a",
        "x",
        "<b>De :</b>",
        "&gt;",
        "<!-- ",
        "<div class='gmail_quote'>",
    ]
)


@given(st.lists(HTML | st.text(max_size=20), max_size=10).map("".join))
def test_no_word_is_lost_or_doubled(source: str) -> None:
    written, quoted = split_html_reply(source)
    shown = nh3.clean(source, tags={"br"}, clean_content_tags={"script", "style", "title"})
    assert Counter("".join(words(shown).split())) == Counter(
        "".join((words(written) + words(quoted)).split())
    )
    assert words(written) or not words(shown)


@pytest.mark.parametrize(
    "source",
    [
        "<div>" * 200_000,
        "<blockquote>" * 80_000,
        "<div><p>" * 120_000,
        "<table>" * 100_000,
        '<div class="gmail_quote">a' * 40_000,
        "<a " * 300_000,
        "<div>a</div>" * 80_000,
        "<p>On 4 <p>" * 90_000,
        "&lt;" * 250_000,
        "<b>" * 300_000,
    ],
    ids=lambda source: source[:12],
)
def test_a_megabyte_of_anything_takes_seconds_at_most(source: str) -> None:
    started = time.process_time()
    split_html_reply(source)
    assert time.process_time() - started < 3
