"""Loading the demonstration: six clients, fourteen months of tickets, and a day that is still going on."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable

from django.utils import timezone

from vigie.accounts import demo_mode
from vigie.demo.agreements import amend_contracts, complete_contracts
from vigie.demo.approvals import ask_for_approvals
from vigie.demo.behind import Suppliers, explain_misses, refer_today
from vigie.demo.chain import stand_behind
from vigie.demo.ladders import climb_ladders
from vigie.demo.mails import open_mailboxes
from vigie.demo.notices import number_by_time, tell_personas
from vigie.demo.rates import settle_rates
from vigie.demo.replies import keep_replies
from vigie.demo.rotas import plan_teams
from vigie.demo.settle import settle
from vigie.demo.studies import correct_a_wait, replay_variants
from vigie.demo.year import histories_of
from vigie.kernel.actor import SYSTEM
from vigie.kernel.refusal import Refusal
from vigie.notifications import outbox
from vigie.tenancy.models import Organisation
from vigie.tickets.actions.ingest import ingest
from vigie.tickets.tasks import learn_words
from vigie.toolkit.whole import kept_whole

SEED = 59000  # the postcode of Lille


def load_demo(anchor: dt.datetime | None = None, *, tell: Callable[[str], None] = lambda line: None) -> bool:
    """Load it, once. True when it was loaded now; refused (``demo.not_empty``) beside real data.

    ``anchor`` is the "now" of the demonstration: by default the start of the current hour.
    ``tell`` hears what is being loaded.
    """
    if demo_mode.is_loaded() and not demo_mode.holds_other_data():
        return False
    if Organisation.objects.exists():
        raise Refusal("demo.not_empty")
    anchor = anchor or timezone.now().replace(minute=0, second=0, microsecond=0)
    chance = random.Random(SEED)
    with kept_whole():
        settled = settle(anchor, chance)
        amend_contracts(settled, anchor)
        stand_behind(settled, anchor)
        suppliers = Suppliers()
        for number, client in enumerate(settled.clients, 1):
            histories = suppliers.referred(histories_of(settled, client, chance, anchor))
            name, of = client.organisation.name, len(settled.clients)
            tell(f"  {number} of {of}: {name}, {len(histories)} tickets")
            done = ingest(SYSTEM, client.organisation.pk, histories, until=anchor)
            if done.refused:
                history, refusal = done.refused[0]
                raise RuntimeError(f"demo ticket {history.key}: {refusal}")
        ask_for_approvals(anchor)
        keep_replies()
        open_mailboxes(settled.teams, anchor)
        settle_rates(settled, anchor)
        explain_misses(settled, anchor)
        correct_a_wait(settled, anchor)
        replay_variants(settled, anchor)
        plan_teams(settled, anchor)
        climb_ladders(settled, anchor)  # after the teams: one step tells whoever is on call
        refer_today(settled, anchor)
        complete_contracts(settled, anchor)
        tell_personas(anchor)
        number_by_time()
        outbox.withhold_all("demo")
        demo_mode.mark_loaded(SYSTEM, now=anchor)
    learn_words(0)
    return True
