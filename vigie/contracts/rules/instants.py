"""Between wall clocks and instants. An instant inside the rules is an integer: UTC epoch seconds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from vigie.kernel.refusal import Refusal

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the wall clock has no zone
_START = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
DAY = 86_400


@lru_cache(maxsize=512)
def zone_of(name: str) -> ZoneInfo:
    """The IANA zone of that name, or ``contracts.calendar_unknown_zone``."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError, TypeError):
        raise Refusal("contracts.calendar_unknown_zone", field="timezone", zone=str(name)) from None


def epoch(moment: datetime) -> int:
    """Epoch seconds of an aware datetime, fractions cut off. Naive: ``contracts.instant_without_zone``."""
    try:
        since = moment - _START
    except TypeError:
        raise Refusal("contracts.instant_without_zone", instant=moment.isoformat()) from None
    return since.days * DAY + since.seconds


def moment(instant: int, zone: str = "UTC") -> datetime:
    """The aware datetime of an instant, in that zone."""
    return datetime.fromtimestamp(instant, zone_of(zone))


def wall_to_epoch(day: int, seconds: int, zone: ZoneInfo) -> int:
    """The instant of a wall time: ``day`` is a proleptic ordinal, ``seconds`` count from its midnight.

    A wall time that comes twice (autumn) is its first occurrence; one that does not exist (spring) is the
    instant of the jump. So the mapping never goes backwards: intervals that touch on the wall still touch.
    """
    wall = (day - _EPOCH_ORDINAL) * DAY + seconds
    local = _EPOCH + timedelta(seconds=wall)
    before = _offset(local.replace(tzinfo=zone, fold=0))
    after = _offset(local.replace(tzinfo=zone, fold=1))
    if after <= before:
        return wall - before
    return _jump(wall - after, wall - before, after, zone)


def wall_span(day: int, start: int, end: int, zone: ZoneInfo) -> tuple[int, int] | None:
    """The span of an interval of one date, in seconds from its midnight; ``None`` if it does not take place.

    That is: both ends fall in the hour skipped in spring; or the interval starts in that hour and would be
    over before it began, were its start read on the clock of before the jump (02:30 to 03:15 on that night).
    """
    first, last = wall_to_epoch(day, start, zone), wall_to_epoch(day, end, zone)
    local = _EPOCH + timedelta(seconds=(day - _EPOCH_ORDINAL) * DAY + start)
    old_clock = (day - _EPOCH_ORDINAL) * DAY + start - _offset(local.replace(tzinfo=zone, fold=0))
    return (first, last) if max(first, old_clock) < last else None


def local_day(instant: int, zone: ZoneInfo) -> int:
    """The ordinal of the local date of an instant."""
    return datetime.fromtimestamp(instant, zone).toordinal()


def _offset(local: datetime) -> int:
    offset = local.utcoffset()
    assert offset is not None
    return offset // timedelta(seconds=1)


def _jump(low: int, high: int, after: int, zone: ZoneInfo) -> int:
    """First instant in ``(low, high]`` whose offset is ``after``."""
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(datetime.fromtimestamp(middle, zone)) == after:
            high = middle
        else:
            low = middle
    return high
