"""What was promised: everything stamped on a ticket for one clock, and nothing that can change afterwards."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from vigie.contracts.rules.calendar import Calendar
from vigie.contracts.rules.instants import epoch
from vigie.contracts.rules.openings import Openings, openings
from vigie.kernel.refusal import Refusal


class Audience(StrEnum):
    """Whose promise: the provider's to the client, a team's to another, a supplier's to the provider."""

    SLA = "sla"
    OLA = "ola"
    UC = "uc"


class ClockKind(StrEnum):
    """What is measured."""

    RESPONSE = "response"
    RESOLUTION = "resolution"
    UPDATE = "update"
    REPLY = "reply"
    RESTORE = "restore"
    FULFILMENT = "fulfilment"
    QUOTE = "quote"
    RCA = "rca"
    OLA_OWN = "ola_own"
    OLA_WORK = "ola_work"
    UC = "uc"


KEPT_BY_MESSAGE = frozenset({ClockKind.RESPONSE, ClockKind.REPLY, ClockKind.UPDATE})
"""Promises that a message of the provider keeps: it is owed by the provider, whoever the ticket waits for."""


class Unit(StrEnum):
    """How ``Target.value`` is read."""

    SERVICE_TIME = "service_time"  # seconds of open time
    CALENDAR_TIME = "calendar_time"  # seconds, day and night
    BUSINESS_DAYS_EOD = "business_days_eod"  # J+n: n
    FIXED_DATE = "fixed_date"  # an instant; pauses do not move it
    RATE = "rate"  # share of a period: never a clock


class PriorityPolicy(StrEnum):
    """What a change of target does to the time already used."""

    CARRY_OVER = "carry_over"
    RESTART = "restart"
    RESTART_IF_CLIENT_INITIATED = "restart_if_client_initiated"
    RETROACTIVE_FULL = "retroactive_full"


class ReopenPolicy(StrEnum):
    """What reopening does: go on, go on and count the time spent resolved, or start again."""

    RESUME = "resume"
    COUNT = "count"
    RESTART = "restart"


class PendingReason(StrEnum):
    """Why a ticket waits. ``change_window`` pauses only where the client agreed to the date."""

    CLIENT_INFO = "client_info"
    CLIENT_VALIDATION = "client_validation"
    CLIENT_AVAILABILITY = "client_availability"
    CLIENT_APPROVAL = "client_approval"
    CLIENT_THIRD_PARTY = "client_third_party"
    CHANGE_WINDOW = "change_window"
    SUPPLIER = "supplier"
    INTERNAL_PART = "internal_part"
    PROBLEM = "problem"
    OTHER_TEAM = "other_team"


_ALWAYS = Calendar.always()

UNAGREED_WINDOW = "change_window_unagreed"
"""The key of ``change_window`` without the client's agreement: no default pauses an SLA for it."""

THRESHOLDS = (50, 75, 90, 100, 150)
"""Default warning thresholds, in percent of the target."""


def pause_key(reason: str, agreed: bool = True) -> str:
    """The word looked up in ``Terms.pause_reasons``."""
    return UNAGREED_WINDOW if reason == PendingReason.CHANGE_WINDOW and not agreed else str(reason)


_CLIENT = frozenset(
    {
        PendingReason.CLIENT_INFO,
        PendingReason.CLIENT_VALIDATION,
        PendingReason.CLIENT_AVAILABILITY,
        PendingReason.CLIENT_APPROVAL,
    }
)
_LONG = _CLIENT | {PendingReason.CLIENT_THIRD_PARTY, PendingReason.CHANGE_WINDOW}
_OLA = _LONG | {PendingReason.SUPPLIER, PendingReason.OTHER_TEAM, UNAGREED_WINDOW}
_NEVER_PAUSED = frozenset({ClockKind.RESPONSE, ClockKind.REPLY})
_LONG_KINDS = frozenset(
    {ClockKind.RESTORE, ClockKind.RESOLUTION, ClockKind.FULFILMENT, ClockKind.QUOTE, ClockKind.RCA}
)


def default_pauses(audience: Audience, kind: ClockKind) -> frozenset[str]:
    """Which pending reasons pause the clock, where the contract says nothing.

    A client clock stops only for what the client controls or accepts: never for the provider's own supplier,
    parts or teams. The caller sends a pause to a supplier's clock only where the supplier waits for it too.
    """
    if audience == Audience.UC:
        return frozenset(map(str, _CLIENT))
    if audience == Audience.OLA:
        return frozenset(map(str, _OLA))
    if kind == ClockKind.UPDATE:
        return frozenset(map(str, _CLIENT | {PendingReason.CHANGE_WINDOW}))
    return frozenset(map(str, _LONG)) if kind in _LONG_KINDS else frozenset()


@dataclass(frozen=True, slots=True)
class PauseMatrix:
    """The default table with the rows a contract changed: ``{(audience, kind): {"supplier": True}}``.

    An override for the response clock is refused: that clock is never paused.
    """

    overrides: Mapping[tuple[Audience, ClockKind], Mapping[str, bool]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = {*map(str, PendingReason), UNAGREED_WINDOW}
        for (_, kind), row in self.overrides.items():
            for reason, pauses in row.items():
                if str(reason) not in known:
                    raise Refusal("contracts.pause_unknown_reason", field="pauses", reason=str(reason))
                if pauses and kind == ClockKind.RESPONSE:
                    raise Refusal("contracts.response_never_paused", field="pauses", reason=str(reason))

    def reasons(self, audience: Audience, kind: ClockKind) -> frozenset[str]:
        """Keys (see ``pause_key``) of what pauses that clock."""
        row = {str(reason): pauses for reason, pauses in self.overrides.get((audience, kind), {}).items()}
        kept = {reason for reason in default_pauses(audience, kind) if row.get(reason, True)}
        return frozenset(kept | {reason for reason, pauses in row.items() if pauses})


@dataclass(frozen=True, slots=True)
class Target:
    """A promise in one unit. ``value`` is seconds, days or an instant, as ``unit`` says."""

    value: int
    unit: Unit = Unit.SERVICE_TIME

    def __post_init__(self) -> None:
        least = 0 if self.unit in (Unit.BUSINESS_DAYS_EOD, Unit.FIXED_DATE) else 1
        if self.unit != Unit.RATE and self.value < least:
            raise Refusal("contracts.target_not_positive", field="target", value=self.value)

    def openings(self, calendar: Calendar) -> Openings:
        """What measures it: the calendar, or a clock that never stops."""
        always = self.unit in (Unit.CALENDAR_TIME, Unit.FIXED_DATE)
        return openings(_ALWAYS if always else calendar)

    def budget(self, calendar: Calendar, start: int) -> int:
        """The target as seconds of ``openings(calendar)`` from ``start``.

        J+n is converted here, once; a fixed date already behind ``start`` gives a negative budget; a rate is
        refused: ``contracts.target_not_a_clock``.
        """
        if self.unit == Unit.RATE:
            raise Refusal("contracts.target_not_a_clock", field="target")
        if self.unit == Unit.FIXED_DATE:
            return self.value - start
        if self.unit == Unit.BUSINESS_DAYS_EOD:
            hours = openings(calendar)
            return hours.elapsed(start, hours.business_days_eod(start, self.value))
        return self.value


_TEXT = re.compile(r"(?:(\d+)\s*(?:h|heures?|hours?)\s*)?(?:(\d+)\s*(?:m|min|minutes?)?)?", re.IGNORECASE)
_DAYS = re.compile(r"[jdJD]\s*\+\s*(\d+)")
_BARE_DAYS = re.compile(r"\d+\s*(?:j|d|jours?|days?)", re.IGNORECASE)


def read_target(text: str, calendar_time: bool = False) -> Target:
    """``8h``, ``1h30``, ``30 min``, ``J+2``, or an ISO date and time with its offset.

    "1 day" is refused (``contracts.target_ambiguous``): 8 h, 10 h, 24 h and J+1 are four promises. So is a
    bare number. Anything else: ``contracts.target_unreadable``.
    """
    text = text.strip()
    days = _DAYS.fullmatch(text)
    if days:
        return Target(int(days[1]), Unit.BUSINESS_DAYS_EOD)
    if _BARE_DAYS.fullmatch(text) or text.isdigit():
        raise Refusal("contracts.target_ambiguous", field="target", text=text)
    clock = _TEXT.fullmatch(text)
    if clock and text:
        seconds = int(clock[1] or 0) * 3600 + int(clock[2] or 0) * 60
        return Target(seconds, Unit.CALENDAR_TIME if calendar_time else Unit.SERVICE_TIME)
    try:
        return Target(epoch(datetime.fromisoformat(text)), Unit.FIXED_DATE)
    except ValueError:
        raise Refusal("contracts.target_unreadable", field="target", text=text) from None


@dataclass(frozen=True, slots=True)
class Delays:
    """Business days of a contract's own: reopening, closing, the stages of a silence. Empty = the workflow's."""

    reopen_days: int | None = None
    close_days: int | None = None
    silence_days: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """What is set, and nothing else: terms stamped before there were any read the same."""
        told = {
            "reopen_days": self.reopen_days,
            "close_days": self.close_days,
            "silence_days": list(self.silence_days),
        }
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything stamped for one clock. A later edit of contract, calendar or matrix never reaches it."""

    kind: ClockKind
    target: Target
    calendar: Calendar
    audience: Audience = Audience.SLA
    pause_reasons: frozenset[str] = frozenset()
    thresholds: tuple[int, ...] = THRESHOLDS
    on_retarget: PriorityPolicy = PriorityPolicy.CARRY_OVER
    on_reopen: ReopenPolicy = ReopenPolicy.RESUME
    calendar_version: str = ""
    commitment_id: str = ""
    contract_id: str = ""
    delays: Delays = Delays()

    def __post_init__(self) -> None:
        if any(percent <= 0 for percent in self.thresholds):
            raise Refusal("contracts.threshold_not_positive", field="thresholds")

    @property
    def zone(self) -> str:
        """The zone that the promise is told in."""
        return self.calendar.zone

    def pauses(self, reason: str, agreed: bool = True) -> bool:
        """Does that pending reason stop this clock? Never the response clock, nor a fixed date."""
        if self.kind == ClockKind.RESPONSE or self.target.unit == Unit.FIXED_DATE:
            return False
        return pause_key(reason, agreed) in self.pause_reasons

    def to_json(self) -> dict[str, Any]:
        """The form stored on the ticket; ``from_json`` reads it back to equal terms."""
        return {
            "kind": str(self.kind),
            "audience": str(self.audience),
            "target": {"value": self.target.value, "unit": str(self.target.unit)},
            "calendar": self.calendar.to_json(),
            "calendar_version": self.calendar_version,
            "zone": self.zone,
            "pause_reasons": sorted(self.pause_reasons),
            "thresholds": list(self.thresholds),
            "on_retarget": str(self.on_retarget),
            "on_reopen": str(self.on_reopen),
            "commitment_id": self.commitment_id,
            "contract_id": self.contract_id,
            **({"delays": delays} if (delays := self.delays.to_json()) else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Terms:
        """Read stored terms; ``contracts.terms_unreadable`` where a key or a word is missing."""
        try:
            return cls(
                kind=ClockKind(data["kind"]),
                audience=Audience(data["audience"]),
                target=Target(int(data["target"]["value"]), Unit(data["target"]["unit"])),
                calendar=Calendar.from_json(data["calendar"]),
                calendar_version=str(data["calendar_version"]),
                pause_reasons=frozenset(map(str, data["pause_reasons"])),
                thresholds=tuple(map(int, data["thresholds"])),
                on_retarget=PriorityPolicy(data["on_retarget"]),
                on_reopen=ReopenPolicy(data["on_reopen"]),
                commitment_id=str(data["commitment_id"]),
                contract_id=str(data["contract_id"]),
                delays=_delays(data.get("delays", {})),
            )
        except (KeyError, TypeError, ValueError) as fault:
            raise Refusal("contracts.terms_unreadable", reason=repr(fault)) from fault


def _delays(data: Mapping[str, Any]) -> Delays:
    return Delays(
        data.get("reopen_days"), data.get("close_days"), tuple(map(int, data.get("silence_days", ())))
    )
