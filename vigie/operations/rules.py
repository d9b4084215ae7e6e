"""What is well and what is not, from a few plain figures."""

from __future__ import annotations

from dataclasses import dataclass

READY_SILENCE = 60
READY_WAIT = 300
LEAST_FREE = 300_000_000
LOOPBACK = frozenset({"127.0.0.1", "::1"})
LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
PROXY_HEADERS = frozenset({"forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"})


@dataclass(frozen=True, slots=True)
class Vitals:
    """The state of an installation at one moment. Times are in seconds, ``None`` where there never was such a thing.

    ``silence``: since the last sign of the liveliest worker; ``longest_wait``: of the oldest job that could run.
    """

    unapplied: int
    silence: float | None
    longest_wait: float
    disk_used: float
    disk_free: int
    backup_age: float | None
    backups_wanted: bool


def readiness(vitals: Vitals) -> dict[str, bool]:
    """May work be sent here? One answer for each check that needs the database to have answered."""
    return {
        "migrations": vitals.unapplied == 0,
        "worker": vitals.silence is not None and vitals.silence < READY_SILENCE,
        "queue": vitals.longest_wait < READY_WAIT,
        "disk": vitals.disk_free >= LEAST_FREE,
    }


def asks_from_this_machine(address: str, host: str, headers: frozenset[str]) -> bool:
    """Was the request made on this very machine, and not handed on by a proxy that runs here?

    ``host`` is the name asked for, with its port; ``headers`` the names of those sent, in small letters.
    """
    name, _, port = host.rpartition(":")
    asked = name if port.isdigit() else host
    return address in LOOPBACK and asked in LOCAL_NAMES and not PROXY_HEADERS & headers
