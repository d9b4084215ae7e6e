"""What the mail of an escalation says, as a real server receives it."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.world import START, World
from vigie.channels.mail.models import Mailbox
from vigie.channels.mail.outgoing.dispatch import dispatch
from vigie.channels.mail.tests.sink import open_sink
from vigie.escalation.actions.sweep import fire_due_steps
from vigie.escalation.models import Escalation
from vigie.escalation.tests.scene import HOUR, usual
from vigie.escalation.tests.test_sweep import urgent
from vigie.notifications.models import Delivery

pytestmark = pytest.mark.django_db


def test_it_leads_to_where_it_is_acknowledged_and_says_until_when(world: World) -> None:
    world.dispatcher.language = "fr"
    world.dispatcher.save()
    usual(world)
    ticket = urgent(world)
    with open_sink() as sink:
        Mailbox.objects.create(
            name="support", address="support@nord.example", smtp_host="127.0.0.1", smtp_port=sink.port,
            smtp_security="none", created_at=START,
        )  # fmt: skip
        fire_due_steps(START + 4 * HOUR)
        Delivery.objects.exclude(notice__kind="escalation_asks").delete()
        dispatch(lambda: START + 4 * HOUR + dt.timedelta(minutes=1))
        mail = sink.one("dispatch@nord.example")
    row = Escalation.objects.get()
    said = mail.text.replace("\u00a0", " ")
    assert (
        f"{ticket.reference} : palier 1 de l’escalade, délai de résolution, accusé de réception attendu."
        in said
    )
    assert "Accusez réception sur la page ci-dessous avant le 12/01/2026 13:30" in said
    assert f"/escalations/{row.pk}/" in said
    assert f"/tickets/{ticket.pk}/" not in said
