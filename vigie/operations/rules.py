"""What is well and what is not, from a few plain figures."""

from __future__ import annotations

from dataclasses import dataclass

READY_SILENCE = 60
READY_WAIT = 300
LEAST_FREE = 300_000_000
ALARM_SILENCE = 120
ALARM_WAIT = 300
ALARM_DISK = 0.85
ALARM_BACKUP = 48 * 3600
LOOPBACK = frozenset({"127.0.0.1", "::1"})
LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
PROXY_HEADERS = frozenset({"forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"})


@dataclass(frozen=True, slots=True)
class Vitals:
    """The state of an installation at one moment. Times are in seconds, ``None`` where there never was such a thing.

    ``serverless``: mails of the last day were not sent because no server takes them.
    ``silence``: since the last sign of the liveliest worker; ``longest_wait``: of the oldest job that could run.
    """

    unapplied: int
    silence: float | None
    longest_wait: float
    disk_used: float
    disk_free: int
    backup_age: float | None
    backups_wanted: bool
    serverless: bool = False


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


def alarms(vitals: Vitals) -> frozenset[str]:
    """Codes of what administrators are to be told of; ``labels.ALARMS`` has the words."""
    no_backup = vitals.backup_age is None or vitals.backup_age > ALARM_BACKUP
    wrong = {
        "worker_silent": vitals.silence is None or vitals.silence > ALARM_SILENCE,
        "queue_late": vitals.longest_wait > ALARM_WAIT,
        "disk_full": vitals.disk_used > ALARM_DISK,
        "mail_serverless": vitals.serverless,
        "backup_old": vitals.backups_wanted and no_backup,
    }
    return frozenset(code for code, is_wrong in wrong.items() if is_wrong)
