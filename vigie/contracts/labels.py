"""Sentences and names of this area, in the reader's language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.catalog.models import Service
from vigie.contracts.models import Contract, Requirement, Supplier, SupplierContract, SupportCommitment
from vigie.contracts.rules.promise import UNAGREED_WINDOW, Target, Unit
from vigie.toolkit import refusals
from vigie.toolkit.jinja import duration, local_name
from vigie.workflow.labels import PENDING_REASONS

Label = str | Promise

STATUSES: dict[str, Label] = dict(Contract.Status.choices)
TONES = {
    "draft": "accent", "negotiation": "accent", "signed": "accent", "active": "ok", "suspended": "warn",
    "notice_given": "warn", "ended": "quiet", "given_up": "quiet",
}  # fmt: skip
NATURES: dict[str, Label] = dict(Contract.Nature.choices)
KINDS: dict[str, Label] = {
    "response": p("clock", "Response"),
    "resolution": p("clock", "Resolution"),
    "update": p("clock", "Update"),
    "reply": p("clock", "Reply"),
    "restore": p("clock", "Service restored"),
    "fulfilment": p("clock", "Fulfilment"),
    "quote": p("clock", "Quote"),
    "rca": p("clock", "Root cause report"),
}
PRESETS: dict[str, tuple[Label, Label]] = {
    "essential": (_("Essential"), _("A desk in office hours, for what can wait until tomorrow")),
    "standard": (_("Standard"), _("A desk in office hours that keeps a business running")),
    "critical": (_("Critical"), _("Day and night for the most urgent incidents")),
}
PRIORITY_CHANGES: dict[str, Label] = {
    "carry_over": _("The time used is kept"),
    "restart": _("The clock starts again"),
    "restart_if_client_initiated": _("The clock starts again when the client asked for it"),
    "retroactive_full": _("As if the new priority had always been right"),
}
REOPENINGS: dict[str, Label] = {
    "resume": _("The clock goes on"),
    "count": _("The clock goes on and the time spent resolved counts"),
    "restart": _("The clock starts again"),
}
PAUSES: dict[str, Label] = {**PENDING_REASONS, UNAGREED_WINDOW: _("Change window not agreed by the client")}
SUPPORT_KINDS: dict[str, Label] = dict(SupportCommitment.Kind.choices)
RENEWALS: dict[str, Label] = dict(SupplierContract.Renewal.choices)
CRITICALITIES: dict[int, Label] = dict(Supplier._meta.get_field("criticality").choices or ())  # type: ignore[arg-type]
KEPT_BY: dict[str, Label] = {
    "restore": _("kept by the resolution of incidents"),
    "fulfilment": _("kept by the resolution of requests"),
}
REQUIREMENT_STATES: dict[str, Label] = dict(Requirement.State.choices)
MEASURES: dict[str, Label] = dict(Requirement.Measure.choices)
GAPS: dict[str, Label] = {
    "uncommitted": _("Asked, not promised"),
    "unmeasured": _("Promised, not measured"),
    "unasked": _("Promised, not asked"),
    "unsupported": _("Not supported"),
    "silent": _("Nothing promised behind"),
}
VERSION_STATES: dict[str, Label] = {
    "past": p("version", "Past"),
    "now": p("version", "In force"),
    "later": p("version", "To come"),
    "draft": p("version", "Draft"),
}
MOVES: dict[str, Label] = {
    "added": p("promise", "Added"),
    "gone": p("promise", "Gone"),
    "tighter": p("promise", "Tighter"),
    "looser": p("promise", "Looser"),
    "other": p("promise", "Changed"),
}
PARTS: dict[str, Label] = {
    "scope": _("For which tickets"),
    "target": _("Target"),
    "hours": _("Measured in"),
    "pauses": _("Suspended by"),
    "thresholds": _("Warnings (%)"),
    "on_priority_change": _("When the priority changes"),
    "on_reopen": _("When the ticket is reopened"),
    "pauses_resolution": _("What suspends the resolution"),
    "pauses_update": _("What suspends the updates"),
    "services": _("Services"),
    "sites": _("Sites"),
    "people": _("People"),
    "prices": _("Prices before tax"),
    "reopen_days": _("Reopening possible for (business days)"),
    "close_days": _("Closed by itself after (business days)"),
    "silence_days": _("Reminders and end of a silence (business days)"),
}
ALL_OF: dict[str, Label] = {
    "services": _("Every service"),
    "sites": _("Every site"),
    "people": _("Everybody of the client"),
}
BESIDE = _("Cover and prices")
COURSE = _("In the course of every ticket")
OF_THE_SITE = _("zone and holidays of the site")
USUAL = _("%(reason)s (usual)")
OF_THE_CONTRACT = _("as the contract says")
OF_THE_WORKFLOW = _("as the workflow says")
EVERY_TICKET = _("Every ticket")
VIP = _("VIP")
NEVER = p("clock suspended", "Never")
STANDARD = p("clock suspended", "Standard")
OWN = p("clock suspended", "As agreed")

refusals.register(
    {
        "contracts.calendar_bad_date": _("“%(date)s” is not a date. Write it as in 2026-12-24."),
        "contracts.calendar_bad_holiday": _("“%(rule)s” is not a closed day. Write 2026-05-15, --12-24 or 2026-08-03/2026-08-14."),
        "contracts.calendar_bad_interval": _("“%(interval)s” is not an interval. Write it as in 08:00-12:00."),
        "contracts.calendar_bad_shape": _("This calendar cannot be read."),
        "contracts.calendar_bad_time": _("“%(time)s” is not a time of day. Write it as in 08:30; the end of a day is 24:00."),
        "contracts.calendar_bad_weekday": _("This calendar names a day that does not exist."),
        "contracts.calendar_never_opens": _("This calendar never opens in the coming 400 days: give it hours."),
        "contracts.calendar_overlap": _("Two intervals of this day overlap."),
        "contracts.calendar_unknown_holiday_set": _(
            "No public holidays are known for “%(set)s”. Write a country (FR) or a part of it (FR-57)."
        ),
        "contracts.calendar_unknown_zone": _("“%(zone)s” is not a time zone. Write it as in Europe/Paris."),
        "contracts.calendar_is_common": _("This calendar serves every client: only somebody who sees every client may change it."),
        "contracts.calendar_of_another": _("This calendar belongs to another client."),
        "contracts.feed_unreadable": _("What stands there is not a calendar that can be read (iCalendar, .ics)."),
        "contracts.feed_empty": _("This calendar holds no whole day: nothing in it closes a day."),
        "contracts.feed_too_long": _("This calendar holds more than %(most)s days: that is no list of closed days."),
        "contracts.feed_nothing_new": _("The hours already have these days: there is nothing to take over."),
        "contracts.version_in_the_past": _("New hours start today at the earliest: the past is never rewritten."),
        "contracts.version_same_day": _("This calendar already has hours that start on that day."),
        "contracts.clock_not_started": _("This clock has not started."),
        "contracts.commitment_tie": _(
            "Another commitment covers the same tickets from the same day. Change that one, or say what sets this one apart."
        ),
        "contracts.change_in_the_past": _("An amendment starts tomorrow at the earliest: what was promised up to today stands."),
        "contracts.commitment_ended": _("This commitment has ended: it can no longer change."),
        "contracts.version_overlaps": _("This amendment would overlap the version in force: it starts after that one did."),
        "contracts.amendment_same_day": _("Another version of this contract already starts on that day."),
        "contracts.amendment_after_end": _("The contract has ended by that day."),
        "contracts.covered_twice": _(
            "%(contract)s already covers the same tickets just as precisely, from %(day)s on: %(what)s. "
            "Narrow the cover of one of the two, or end the other one first."
        ),
        "contracts.nobody_accountable": _(
            "Nobody answers for this contract: name a lot and its accountable manager first."
        ),
        "contracts.renewal_without_end": _(
            "A tacit renewal begins on an end: give the last day, or choose an express renewal."
        ),
        "contracts.notice_without_end": _(
            "A notice is counted back from an end: give the last day, or write 0 months of notice."
        ),
        "contracts.requirement_not_kept": _("A commitment ticked cannot keep what was asked. %(measure)s: %(promise)s."),
        "contracts.draft_exists": _("An amendment of this contract is already being drafted: put it in force or drop it first."),
        "contracts.no_draft": _("What is in force is never edited: draft an amendment first."),
        "contracts.not_in_force": _("This contract is not in force yet: change its first version."),
        "contracts.first_version": _("The first version of a contract cannot be dropped."),
        "contracts.first_version_starts_with_contract": _("The first version starts on the day the contract starts."),
        "contracts.manager_without_sight": _("This person does not see this client: give access first, or choose somebody else."),
        "contracts.cover_of_another": _("A site or an entity of another client cannot be covered."),
        "contracts.file_too_large": _("“%(name)s” is larger than %(limit)s MB."),
        "contracts.file_empty": _("“%(name)s” is empty."),
        "contracts.file_no_room": _("There is no room left to keep “%(name)s”. Tell your administrator."),
        "contracts.file_refused": _("“%(name)s” is a program: it cannot be attached."),
        "contracts.given_up": _("This contract was given up: take it up again first."),
        "contracts.state_refused": _("The contract is no longer in a state that allows this."),
        "contracts.no_end": _("This contract has no end: give it one first."),
        "contracts.notice_in_the_future": _("A notice is dated today at the latest."),
        "contracts.notice_too_late": _("The last day to give notice is past: the contract is renewed."),
        "contracts.start_stands": _("The start of a contract in force stands: its first version began on that day."),
        "contracts.fact_without_terms": _("This change of promise does not say what is promised."),
        "contracts.instant_out_of_range": _("Clocks are measured between %(first)s and %(last)s."),
        "contracts.instant_without_zone": _("“%(instant)s” has no time zone."),
        "contracts.pause_unknown_reason": _("“%(reason)s” is not a reason to wait."),
        "contracts.penalty_bands": _("Bands go down from the highest rate to 0, each rate once."),
        "contracts.penalty_negative": _("A penalty is not below zero."),
        "contracts.response_never_paused": _("The response clock is never suspended."),
        "contracts.target_ambiguous": _("“%(text)s” can be read in several ways. Write 8h, 1h30, 30 min, or D+2 (second business day)."),
        "contracts.target_not_a_clock": _("This target is not a duration."),
        "contracts.target_not_positive": _("A target is longer than nothing."),
        "contracts.target_unreadable": _("“%(text)s” is not a target. Write 8h, 1h30, 30 min, or D+2."),
        "contracts.target_wrong_unit": _("A commitment is a duration or a number of business days, not a date."),
        "contracts.terms_unreadable": _("What was promised on this ticket cannot be read (%(reason)s)."),
        "contracts.threshold_not_positive": _("A warning comes after some part of the time: 50, 75, 90…"),
        "contracts.bad_threshold": _("“%(text)s” is not a list of percentages. Write 50, 75, 90, 100."),
        "contracts.contact_unreadable": _(
            "“%(line)s” is not a contact. Write: name; what for; e-mail; telephone, with an e-mail address or a telephone number."
        ),
        "contracts.requirement_in_the_future": _("A requirement was asked today at the latest."),
        "contracts.requirement_not_agreed": _("Only an agreed requirement becomes commitments: agree it first."),
        "contracts.requirement_reason": _("Say why, in a sentence that the client could read."),
        "contracts.requirement_step": _("This requirement has moved on meanwhile: that step no longer follows."),
        "contracts.supplier_no_service": _("Tick at least one service: a contract that covers none supports nothing."),
        "contracts.target_never_due": _("This calendar never opens in the coming 400 days: the target would never fall due."),
        "contracts.target_unreachable": _(
            "“%(line)s” would never fall due: in 400 days “%(calendar)s” does not open enough for %(target)s."
        ),
        "contracts.hours_break_promise": _(
            "“%(line)s” of %(holder)s would never fall due: in 400 days these hours do not open enough for %(target)s."
        ),
        "contracts.site_of_another": _("This site belongs to another client."),
    }
)  # fmt: skip


def target_words(seconds: int | None, days: int | None) -> str:
    """A target for people: ``4:00`` hours of service, or ``J+2``."""
    if days:
        return gettext("D+%(days)s") % {"days": days}
    return duration(seconds)


def target_input(seconds: int | None, days: int | None) -> str:
    """The same as it is typed: ``8h``, ``1h30``, ``30 min``, ``J+2`` (``D+2`` in English)."""
    if days:
        return gettext("D+%(days)s") % {"days": days}
    hours, minutes = divmod((seconds or 0) // 60, 60)
    if hours:
        return f"{hours}h{minutes:02d}" if minutes else f"{hours}h"
    return f"{minutes} min"


def service_words(service: Service | None) -> str:
    """A service by its name, or all of them."""
    return local_name(service) if service else gettext("Every service")


def promised_words(target: Target) -> str:
    """A target of the rules for people."""
    return target_words(target.value, target.value if target.unit == Unit.BUSINESS_DAYS_EOD else None)
