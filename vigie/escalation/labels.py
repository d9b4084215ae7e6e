"""Words of escalation, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.compliance.labels import money, percent_words, share_words
from vigie.contracts.labels import KINDS
from vigie.escalation.models import Escalation, Ladder, Stake, Step
from vigie.tickets.labels import SUPPORT_CLOCKS
from vigie.toolkit import refusals
from vigie.toolkit.jinja import local_name, spelled

Label = str | Promise
CLOCKS: Mapping[str, Label] = {**KINDS, **SUPPORT_CLOCKS}

refusals.register(
    {
        "escalation.already_answered": _("%(name)s already acknowledged this escalation."),
        "escalation.circular": _("This leads back to where the escalation already was: it would go round in circles."),
        "escalation.common_needs_all": _("A ladder common to all clients is changed by those who see every client."),
        "escalation.contract_of_another": _("This contract belongs to another client."),
        "escalation.in_use": _("Another ladder continues with this one: change that one first."),
        "escalation.kind_of_another": _("This clock does not measure these promises: choose another one, or leave it empty."),
        "escalation.needs_taker": _("To hand a ticket over, name a team, a person or an on-call rota: that is who takes it."),
        "escalation.never_fires_early": _(
            "%(minutes)s minutes before the breach never come: promises here last %(longest)s minutes at most."
        ),
        "escalation.never_fires_minutes": _("So long before or after the breach, this step would never fire: at most %(most)s minutes."),
        "escalation.never_fires_percent": _("At this percent the step would never fire: from 1 to %(most)s%%."),
        "escalation.no_such_promise": _("No promise of this contract has this clock and priority: the ladder would never be used."),
        "escalation.nobody": _("Nobody would be told: nobody active holds this place for this client."),
        "escalation.not_yours": _("You were not told of this escalation: whoever was acknowledges it."),
        "escalation.out_of_order": _("Each step comes after the one before it, whatever the target: change its time or its place."),
        "escalation.over": _("This escalation is no longer waiting for an answer."),
        "escalation.percent_no_calendar": _("A percent of the target is counted on the promise's own hours: leave the calendar empty."),
        "escalation.tie": _("Another ladder is just as specific for the same tickets: Vigie could not choose between them."),
        "escalation.then_out_of_order": _(
            "That ladder begins before this one ends: its first step comes after the last one here, whatever the target."
        ),
        "escalation.then_narrower": _(
            "A ladder continues with one of the same owner, or with one common to more: this one is for fewer tickets."
        ),
        "escalation.unknown_point": _("Say when: a percent, or a number of minutes."),
        "escalation.who": _("Say who is told."),
    }
)  # fmt: skip


STATES: Mapping[str, Label] = dict(Escalation.State.choices)
TONES = {
    "waiting": "warn", "climbed": "late", "nobody": "late", "acknowledged": "ok", "told": "accent", "passed": "quiet", "over": "quiet",
}  # fmt: skip
CHOICES: Mapping[str, Label] = {
    "mine": p("escalations", "For me to acknowledge"),
    "waiting": p("escalations", "Waiting for somebody"),
    "all": p("escalations", "All"),
}
HORIZONS: Mapping[str, Label] = {
    "4h": _("within 4 hours"),
    "1d": _("within a day"),
    "3d": _("within three days"),
}
STANDINGS: Mapping[str, Label] = {"primary": _("Primary client"), "major": _("Major client")}


def point_words(step: Step) -> str:
    """When a step comes: ``at 75 % of the time``, ``30 min before the breach``."""
    if step.unit == Step.Unit.PERCENT:
        return gettext("at %(n)s%% of the time") % {"n": step.value}
    if step.value == 0:
        return gettext("at the breach")
    words = gettext("%(time)s before the breach") if step.value < 0 else gettext("%(time)s after the breach")
    said = words % {"time": spelled(abs(step.value) * 60)}
    if step.calendar is not None:
        return gettext("%(said)s, on the hours of “%(calendar)s”") % {
            "said": said,
            "calendar": local_name(step.calendar),
        }
    return said if step.unit == Step.Unit.SERVICE else gettext("%(said)s, night and day") % {"said": said}


def who_words(step: Step) -> str:
    """To whom."""
    team = local_name(step.team) if step.team is not None else gettext("the team of the ticket")
    named = {
        "leads": gettext("leads of %(name)s") % {"name": team},
        "team": team,
        "on_call": gettext("whoever is on call for %(name)s") % {"name": team},
        "role": local_name(step.role) if step.role is not None else "",
        "person": step.person.name if step.person is not None else "",
        "assignee": gettext("whoever is in charge"),
    }
    return named[step.audience]


def answer_words(step: Step) -> str:
    """Until when it is to be answered."""
    minutes = step.acknowledge_within
    if minutes is None:
        return gettext("no answer asked")
    return ngettext("to acknowledge within %(n)s minute", "to acknowledge within %(n)s minutes", minutes) % {
        "n": minutes
    }


def scope_words(ladder: Ladder) -> str:
    """For which clocks."""
    whose = "" if ladder.whose == Ladder.Whose.CLIENT else str(ladder.get_whose_display())
    parts = [whose, str(CLOCKS.get(ladder.kind, ladder.kind)) if ladder.kind else ""]
    parts += [
        ", ".join(f"P{n}" for n in sorted(ladder.priorities)),
        gettext("VIP") if ladder.vip_only else "",
    ]
    return " · ".join(part for part in parts if part) or gettext("every clock")


def owner_words(ladder: Ladder) -> str:
    """Whose it is."""
    if ladder.contract is not None:
        return ladder.contract.reference
    return ladder.organisation.name if ladder.organisation is not None else gettext("Common to all clients")


# -- reasons of a rank -----------------------------------------------------------------------------------------------


def _rate(rate: Decimal | None, target: Decimal) -> str:
    """As the month of the contract says it."""
    return share_words(None if rate is None else Fraction(rate) / 100, "", target)


def stake_words(stake: Stake | None, *, with_money: bool) -> str:
    """Why a risk has its rank: what one more miss would do."""
    if stake is None:
        return gettext("no rate is promised for it")
    values = {
        "amount": money(stake.amount, stake.organisation.currency), "nth": stake.nth, "now": _rate(stake.rate_now, stake.promised),
        "then": _rate(stake.rate_then, stake.promised), "promised": percent_words(stake.promised.normalize()),
    }  # fmt: skip
    course = {
        "crosses": gettext(
            "miss no. %(nth)s of the month, the rate would go from %(now)s to %(then)s (promised: %(promised)s)"
        ),
        "deeper": gettext("miss no. %(nth)s of the month, the rate is already under %(promised)s (%(now)s)"),
        "tolerated": gettext(
            "miss no. %(nth)s of the month, the rate would still be reached (%(then)s for %(promised)s)"
        ),
    }[stake.reason] % values
    if not stake.amount:
        return course
    lead = gettext("would cost %(amount)s") if with_money else gettext("a penalty is at stake")
    return gettext("%(lead)s: %(course)s") % {"lead": lead % values, "course": course}
