"""The template environment: translations, links, instants and durations, and nothing that reads the database."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from babel.dates import format_datetime, get_day_names, get_month_names
from babel.numbers import format_decimal
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext, npgettext, pgettext
from jinja2 import ChainableUndefined, Environment, StrictUndefined
from markupsafe import Markup, escape

from vigie.toolkit import richtext, slots
from vigie.toolkit.files import clean_name
from vigie.toolkit.folding import FoldingEnvironment, shown
from vigie.toolkit.statics import static

_NUMBER = 900_000_000_000


@lru_cache(maxsize=1024)
def _pattern(name: str, args: tuple[Any, ...]) -> str:
    """The address of a page with a hole for each of its numbers: Django takes long to write one, and rows have each its own."""
    address = reverse(name, args=[_NUMBER + place if arg is int else arg for place, arg in enumerate(args)])
    return re.sub(rf"{_NUMBER // 1000}\d{{3}}", "%d", address.replace("%", "%%"))


@lru_cache(maxsize=4096)
def _address(name: str, args: tuple[Any, ...]) -> str:
    # Vigie stands at the root of its host (runtime/asgi.py): no prefix to ask for
    numbers = tuple(arg for arg in args if type(arg) is int)
    return _pattern(name, tuple(int if type(arg) is int else arg for arg in args)) % numbers


@lru_cache(maxsize=4096)
def _query(pairs: tuple[tuple[str, str], ...]) -> str:
    return urlencode(pairs)


def url(name: str, *args: Any, **query: Any) -> str:
    """Address of a named page; keyword arguments become the query (empty ones are left out)."""
    base = _address(name, args)
    kept = {k: v for k, v in query.items() if v is not None and v != ""} if query else query
    if not kept:
        return base
    if any(type(v) is list or type(v) is tuple for v in kept.values()):
        return f"{base}?{urlencode(kept, doseq=True)}"
    return f"{base}?{_query(tuple((k, str(v)) for k, v in kept.items()))}"


def locale() -> str:
    """Babel's name of the active language: French as in France, English with day first."""
    return locale_of(get_language() or "fr")


def locale_of(language: str) -> str:
    return "en_GB" if language.startswith("en") else "fr_FR"


def duration(seconds: int | None) -> str:
    """Seconds as ``h:mm`` (``−0:05`` when negative, with a minus sign). An empty string for ``None``."""
    if seconds is None:
        return ""
    sign = "−" if seconds < 0 else ""
    minutes = abs(int(seconds)) // 60
    return f"{sign}{minutes // 60}:{minutes % 60:02d}"


def hms(seconds: int) -> str:
    """Seconds as ``h:mm:ss``, where every second matters."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def time_in(value: dt.datetime, zone: str) -> str:
    """The time of day somewhere else, with the name of the day when it is another one: "Tue 02:10"."""
    try:
        there = value.astimezone(zoneinfo.ZoneInfo(zone))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return ""
    same_day = there.date() == timezone.localtime(value).date()
    return format_datetime(there, "HH:mm" if same_day else "EEE HH:mm", tzinfo=there.tzinfo, locale=locale())


def wall(value: dt.datetime, style: str = "short") -> str:
    """An instant on the wall clock of its own zone, with the name of the day: "Mon 12 Jan 09:00"."""
    if style == "time":
        return f"{value:%H:%M}"
    words = _calendar_words(locale())
    number = words.first if value.day == 1 else str(value.day)
    return f"{words.days_short[value.weekday()]} {number} {words.months_short[value.month]} {value:%H:%M}"


def spelled(seconds: int) -> str:
    """Seconds in words for people: "2 h 10 min" ("2 h 10" in French), "35 min", "3 d"."""
    seconds = abs(int(seconds))
    if seconds == 0:
        return pgettext("duration", "no time")
    if seconds < 60:
        return gettext("less than a minute")
    minutes = seconds // 60
    if minutes < 60:
        return gettext("%(n)s min") % {"n": minutes}
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return (
            gettext("%(h)s h %(m)02d min") % {"h": hours, "m": rest}
            if rest
            else gettext("%(h)s h") % {"h": hours}
        )
    days = hours // 24
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


class _CalendarWords(NamedTuple):
    months: Mapping[int, str]
    months_short: Mapping[int, str]
    days: Mapping[int, str]
    days_short: Mapping[int, str]
    first: str
    """The first of a month, as each language writes it: French says "1er"."""


@lru_cache(maxsize=8)
def _calendar_words(name: str) -> _CalendarWords:
    """Names of months and days of a locale, as plain mappings: lists write hundreds of dates."""
    return _CalendarWords(
        dict(get_month_names("wide", locale=name).items()),
        dict(get_month_names("abbreviated", locale=name).items()),
        dict(get_day_names("wide", locale=name).items()),
        dict(get_day_names("abbreviated", locale=name).items()),
        "1er" if name == "fr_FR" else "1",
    )


@lru_cache(maxsize=8)
def _near_days(language: str) -> tuple[Markup, Markup, Markup]:
    return escape(gettext("yesterday")), escape(gettext("today")), escape(gettext("tomorrow"))


DAY = 24 * 60


@lru_cache(maxsize=4096)
def _relative(language: str, minutes: int, is_past: bool) -> Markup:
    if minutes > DAY:
        minutes -= minutes % 60  # beyond a day, minutes tell nothing
    time = spelled(minutes * 60 or 1)
    return escape((gettext("%(time)s ago") if is_past else gettext("in %(time)s")) % {"time": time})


class Reader:
    """Who reads: the present, the zone and the language are asked once, for all the instants told to them."""

    __slots__ = ("language", "now", "words", "zone")

    def __init__(self) -> None:
        self.zone = timezone.get_current_timezone()
        self.now = timezone.now().astimezone(self.zone)
        self.language = get_language() or "fr"
        self.words = _calendar_words(locale_of(self.language))

    def when(self, value: dt.datetime | dt.date | None, style: str = "short") -> str:
        """An instant: ``short``, ``exact`` (to the second), ``long``, ``time`` or ``date``."""
        if value is None:
            return ""
        if isinstance(value, dt.datetime):
            return self._written(value.astimezone(self.zone), style)
        return self._date(value)

    def near(self, value: dt.datetime | None) -> Markup | str:
        """A ``<time>`` for what is due: "today 16:30", "tomorrow 10:15", "Thu 09:00" within a week; exact on hover."""
        if value is None:
            return ""
        local = value.astimezone(self.zone)
        days = (local.date() - self.now.date()).days
        if not -1 <= days < 7:
            return self._time(local, shown(self._written(local, "short")))
        name = (
            _near_days(self.language)[days + 1] if days < 2 else shown(self.words.days_short[local.weekday()])
        )
        return self._time(local, f"{name} {local.hour:02d}:{local.minute:02d}")

    def ago(self, value: dt.datetime | None) -> Markup | str:
        """A ``<time>``: relative within a week ("2 h 10 min ago", "in 35 min"; from a day on hours alone, from two days), then
        absolute; exact on hover."""
        if value is None:
            return ""
        seconds = int((value - self.now).total_seconds())
        local = value.astimezone(self.zone)
        if abs(seconds) >= 7 * 86400:
            return self._time(local, shown(self._written(local, "short")))
        return self._time(local, _relative(self.language, abs(seconds) // 60, seconds <= 0))

    def _time(self, local: dt.datetime, text: str) -> Markup:
        """``text`` is escaped already."""
        moment, title = local.isoformat(timespec="seconds"), shown(self._written(local, "long"))
        return Markup(f'<time datetime="{moment}" title="{title}">{text}</time>')  # noqa: S704 (escaped)

    def _date(self, value: dt.date) -> str:
        return f"{self._day(value)} {self.words.months_short[value.month]} {value.year}"

    def _day(self, value: dt.date) -> str:
        return self.words.first if value.day == 1 else str(value.day)

    def _written(self, local: dt.datetime, style: str) -> str:
        if style == "time":
            return f"{local.hour:02d}:{local.minute:02d}"
        if style == "date":
            return self._date(local)
        clock, words = f"{local.hour:02d}:{local.minute:02d}:{local.second:02d}", self.words
        if style == "long":
            day = f"{words.days[local.weekday()]} {self._day(local)} {words.months[local.month]} {local.year}"
            return f"{day} {clock} ({local.tzname()})"
        year = "" if local.year == self.now.year else f" {local.year}"
        clock = clock if style == "exact" else clock[:5]
        return f"{self._day(local)} {words.months_short[local.month]}{year} {clock}"


def when(value: dt.datetime | dt.date | None, style: str = "short") -> str:
    """An instant in the reader's zone and language (:meth:`Reader.when`)."""
    return "" if value is None else Reader().when(value, style)


def near(value: dt.datetime | None) -> Markup | str:
    """What is due (:meth:`Reader.near`)."""
    return "" if value is None else Reader().near(value)


def ago(value: dt.datetime | None) -> Markup | str:
    """An instant told from the present (:meth:`Reader.ago`)."""
    return "" if value is None else Reader().ago(value)


def zoned(value: dt.datetime | None, zone: str, style: str = "short") -> str:
    """``when``, with the reader's zone where clocks in ``zone`` show another time: "21 Nov 11:57 EST"."""
    told = when(value, style)
    return f"{told} {reader_zone(value)}" if value and style != "long" and is_elsewhere(value, zone) else told


def in_both(value: dt.datetime | None, zone: str, style: str = "short") -> str:
    """A promised instant for a reader elsewhere than ``zone``, told in both: "26 Nov 11:00 EST (16:00 GMT)"."""
    told = zoned(value, zone, style)
    return f"{told} ({there(value, zone)})" if value and is_elsewhere(value, zone) else told


def is_elsewhere(value: dt.datetime, zone: str) -> bool:
    """Do the reader's clocks show another time than those in ``zone``, at that instant?"""
    try:
        other = value.astimezone(zoneinfo.ZoneInfo(zone))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return False
    return other.utcoffset() != timezone.localtime(value).utcoffset()


def reader_zone(value: dt.datetime) -> str:
    """The short name of the reader's zone at that instant: "EST"."""
    return timezone.localtime(value).tzname() or ""


def there(value: dt.datetime, zone: str) -> str:
    """The time of day in ``zone`` with the zone's short name: "16:00 GMT"."""
    return f"{time_in(value, zone)} {value.astimezone(zoneinfo.ZoneInfo(zone)).tzname()}"


@lru_cache(maxsize=4096)
def _drawn(language: str, macro: str, arguments: tuple[Hashable, ...]) -> Markup:
    from django.template.loader import get_template

    kit = get_template("kit/ui.html").template.module  # type: ignore[attr-defined]
    return Markup(getattr(kit, macro)(*arguments))  # noqa: S704 (a kit macro escapes)


def pen() -> Callable[..., Markup]:
    """``draw(macro, *arguments)`` of ``kit/ui.html`` in the reader's language, asked once for many rows.

    The same arguments are drawn once: rows repeat the same few marks. They are plain values, never markup.
    """
    language = get_language() or "fr"
    return lambda macro, *arguments: _drawn(language, macro, arguments)


_HOLE = re.compile("\ue000(\\w+)\ue001")


@lru_cache(maxsize=256)
def _stencil(language: str, template: str, holes: tuple[str, ...], fixed: tuple[tuple[str, Any], ...]) -> str:
    from django.template.loader import get_template

    marked = {name: Markup(f"\ue000{name}\ue001") for name in holes}  # noqa: S704 (names of ours)
    text = get_template(template).template.render({**marked, **dict(fixed)})  # type: ignore[attr-defined]
    return _HOLE.sub(r"%(\1)s", text.rstrip().replace("%", "%%"))


def stencil(
    template: str, holes: tuple[str, ...], **fixed: Hashable
) -> Callable[[Mapping[str, Any]], Markup]:
    """A template drawn once per language with ``fixed`` values, to be filled many times: ``holes`` are what changes.

    What fills a hole is escaped, unless it is markup. The template only writes the holes: it may not test them.
    """
    pattern = _stencil(get_language() or "fr", template, holes, tuple(sorted(fixed.items())))

    def fill(values: Mapping[str, Any]) -> Markup:
        safe = {name: "" if (value := values[name]) is None else shown(value) for name in holes}
        return Markup(pattern % safe)  # noqa: S704 (every value is escaped, or markup)

    return fill


def number(value: float | int | None) -> str:
    return "" if value is None else _number(value, locale())


@lru_cache(maxsize=4096)
def _number(value: float | int, name: str) -> str:
    return format_decimal(value, locale=name)


def weight(size: int) -> str:
    """The size of a file for people: "840 B", "12 KB", "3.4 MB", "65 GB"."""
    if size < 1000:
        return gettext("%(n)s B") % {"n": size}
    if size < 1_000_000:
        return gettext("%(n)s KB") % {"n": number(round(size / 1000))}
    if size < 1_000_000_000:
        return gettext("%(n)s MB") % {"n": number(round(size / 1_000_000, 1))}
    return gettext("%(n)s GB") % {"n": number(round(size / 1_000_000_000, 1))}


def capped(count: int, cap: int = 10_000) -> str:
    """A count for people; "10,000+" past the cap."""
    return f"{number(cap)}+" if count > cap else number(count)


def local_name(row: Any, stem: str = "name") -> str:
    """The bilingual column of a row (mapping or object) in the reader's language: ``name_fr``/``name_en``."""
    suffix = "en" if (get_language() or "fr").startswith("en") else "fr"
    get = row.get if isinstance(row, dict) else lambda key: getattr(row, key, "")
    return str(get(f"{stem}_{suffix}") or get(f"{stem}_fr") or "")


def environment(**options: Any) -> Environment:
    """Built by Django's Jinja2 backend."""
    options.setdefault("undefined", StrictUndefined if settings.STRICT_TEMPLATES else ChainableUndefined)
    options["trim_blocks"] = options["lstrip_blocks"] = options["autoescape"] = True
    options["extensions"] = ["jinja2.ext.i18n", "jinja2.ext.do"]
    env = FoldingEnvironment(**options)  # autoescape is on, two lines above
    env.install_gettext_callables(gettext, ngettext, newstyle=True, pgettext=pgettext, npgettext=npgettext)  # type: ignore[attr-defined]
    env.constants = {
        "_": lambda text, **values: Markup(gettext(text)) % values,  # noqa: S704 (what Jinja does: our own texts)
        "pgettext": lambda context, text, **values: Markup(pgettext(context, text)) % values,  # noqa: S704
        "static": static,
        "url": url,
    }
    env.globals.update(
        static=static,
        url=url,
        now=lambda: timezone.now(),  # looked up when asked, so that a test may stop the clock
        local_name=local_name,
        language=lambda: (get_language() or "fr")[:2],
        filled=slots.filled,
    )
    env.filters.update(
        ago=ago,
        near=near,
        when=when,
        zoned=zoned,
        in_both=in_both,
        duration=duration,
        spelled=spelled,
        number=number,
        capped=capped,
        weight=weight,
        hms=hms,
        time_in=time_in,
        wall=wall,
        safe_html=richtext.shown,
        plain_html=richtext.plain_shown,
        long_text=richtext.long_text,
        clean_name=clean_name,
        local=local_name,
    )
    return env
