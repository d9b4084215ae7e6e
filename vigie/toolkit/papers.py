"""Papers: PDF set by Typst from one JSON value, the same on every machine, tagged for screen readers.

A template reads ``sys.inputs.paper``; what people wrote reaches it as data and is never markup. Only the fonts in
``fonts/`` are used (Source Sans, OFL), and nothing outside of Vigie's own folder can be read by a template.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.http import content_disposition_header

HOME = Path(__file__).resolve().parents[1]
FONTS = HOME / "toolkit" / "fonts"
STANDARDS: list[Any] = ["ua-1", "a-2a"]
_one_at_a_time = threading.Lock()
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(FONTS)])


def paper(template: str, values: Mapping[str, Any], *, language: str, made_at: dt.datetime) -> bytes:
    """The PDF of ``template`` (``replay/typst/ticket.typ``) filled with ``values``: texts, numbers, lists, mappings.

    One at a time: a paper takes a core and some tens of megabytes while it is set.
    """
    told = {**values, "language": language, "made": made_at.strftime("%Y-%m-%dT%H:%M:%S")}
    with _one_at_a_time:
        made = typst.compile(
            str(HOME / template),
            root=str(HOME),
            font_paths=_fonts(),
            sys_inputs={"paper": _CONTROLS.sub(" ", json.dumps(told, ensure_ascii=False))},
            pdf_standards=STANDARDS,
            timestamp=int(made_at.timestamp()),
        )
    assert isinstance(made, bytes)
    return made


def language_asked(request: HttpRequest) -> str:
    """``?language=en`` of an address, where it is one of ours; else the reader's."""
    asked = request.GET.get("language", "")
    return asked if asked in dict(settings.LANGUAGES) else translation.get_language()


def answer(template: str, name: str, values: Mapping[str, Any], *, made_at: dt.datetime) -> HttpResponse:
    """The paper as a file to keep, in the language in force."""
    made = paper(template, values, language=translation.get_language()[:2], made_at=made_at)
    found = HttpResponse(made, content_type="application/pdf")
    found["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    found["Cache-Control"] = "private, no-store"
    return found
