"""A mailbox that takes known people only says so: once a day, to nobody in doubt, to no machine, in words of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.world import World
from vigie.channels.mail.models import AutomaticAnswer, Mailbox
from vigie.channels.mail.outgoing import admission
from vigie.channels.mail.outgoing.strangers import REFUSE, NotTaken, refuse
from vigie.channels.mail.tests.sink import Sink, open_sink
from vigie.channels.mail.tests.test_outgoing import make_mailbox
from vigie.channels.mail.tests.test_settle import DESK, LATER, mail_from, received

STRANGER = "inconnu@ailleurs.example"


@pytest.fixture
def sink() -> Iterator[Sink]:
    with open_sink() as sink:
        yield sink


@pytest.fixture
def box(world: World, sink: Sink) -> Mailbox:
    return make_mailbox(sink, DESK, unknown="refuse", authserv_id="mx.nord.example")


def queued() -> list[int]:
    jobs = ProcrastinateJob.objects.filter(task_name=REFUSE).order_by("id")
    return [job.args["inbound_id"] for job in jobs]


def test_a_stranger_is_told_once_a_day_and_reads_nothing_of_what_it_wrote(box: Mailbox, sink: Sink) -> None:
    first = received(box, mail_from(STRANGER, "Achetez mes montres", "https://evil.example"))
    received(box, mail_from(STRANGER.upper(), "Encore"))
    assert (first.state, first.outcome) == ("ignored", "refused_stranger")
    assert queued() == [first.pk], "one a day"
    refuse(first.pk, now=LATER)
    sent = sink.one(STRANGER)
    assert "n’avons pas pris" in sent.text
    for shown in (sent.mail["Subject"], sent.text, sent.html):
        assert "montres" not in shown
        assert "evil" not in shown
    assert (sent.sender, sent.mail["Auto-Submitted"], sent.mail["Precedence"]) == (
        DESK,
        "auto-replied",
        "bulk",
    )
    assert sent.mail["X-Loop"]
    refuse(first.pk, now=LATER)
    assert len({one.mail["Message-ID"] for one in sink.to(STRANGER)}) == 1
    tomorrow = received(box, mail_from(STRANGER, "Toujours"), LATER + dt.timedelta(days=1, minutes=1))
    assert queued() == [first.pk, tomorrow.pk]


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-generated"},
        {"List_Id": "<news.ailleurs.example>"},
        {"Precedence": "bulk"},
        {"Authentication_Results": "mx.nord.example; dmarc=fail header.from=ailleurs.example"},
        {"Reply_To": DESK},
    ],
)
def test_no_machine_no_list_and_nobody_in_doubt_is_told(box: Mailbox, headers: dict[str, str]) -> None:
    row = received(box, mail_from(STRANGER, **headers))
    assert row.outcome == "refused_stranger"
    assert queued() == []
    assert not AutomaticAnswer.objects.exists()


def test_strangers_together_are_capped(box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "REFUSALS_PER_DAY", 2)
    for n in range(4):
        received(box, mail_from(f"n{n}@ailleurs.example"))
    assert len(queued()) == 2


def test_a_server_that_is_busy_is_asked_again_and_a_refusal_is_final(box: Mailbox, sink: Sink) -> None:
    row = received(box, mail_from(STRANGER))
    sink.at_recipient[STRANGER] = "451 later"
    with pytest.raises(NotTaken):
        refuse(row.pk, now=LATER)
    sink.at_recipient[STRANGER] = "550 no such user"
    refuse(row.pk, now=LATER)
    assert sink.taken == []
