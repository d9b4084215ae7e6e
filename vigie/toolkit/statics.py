"""Static files under an address that names their content: a browser keeps them for good, and asks anew after a change.

The name is that of all files together and stands in the path, so that what a script or a style sheet imports by a relative
address (``./dom.js``) carries it too.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]


@cache
def release() -> str:
    """A fingerprint of every static file, read once in the life of the process."""
    digest = hashlib.sha256()
    for finder in finders.get_finders():
        for path, storage in sorted(finder.list(None), key=lambda found: str(found[0])):
            with storage.open(path) as file:
                digest.update(path.encode() + b"\0" + file.read())
    return digest.hexdigest()[:10]


def static(path: str) -> str:
    """The address of a static file. While developing it is the plain one, which no browser keeps for long."""
    return f"{settings.STATIC_URL}{path}" if settings.DEBUG else f"{settings.STATIC_URL}~{release()}/{path}"


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]  # untyped
    """WhiteNoise, that gives each file at both of its addresses."""

    def add_file_to_dictionary(
        self, url: str, path: str, stat_cache: dict[str, os.stat_result] | None = None
    ) -> None:
        super().add_file_to_dictionary(url, path, stat_cache=stat_cache)
        if url.startswith(self.static_prefix):
            name = url.removeprefix(self.static_prefix)
            kept = f"{self.static_prefix}~{release()}/{name}"
            super().add_file_to_dictionary(kept, path, stat_cache=stat_cache)

    def immutable_file_test(self, path: str, url: str) -> Any:
        """Only the address that names the content may be kept for good."""
        return url.startswith(f"{self.static_prefix}~")
