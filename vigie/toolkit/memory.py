"""How memory is given back while much is read."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_lock = Lock()
_asked = 0


@contextmanager
def no_search_for_cycles() -> Iterator[None]:
    """Python does not look for cycles meanwhile, in no thread: for seconds in which masses of rows come and go that hold
    none. Each is freed as ever with its last reference; looking them all through again and again costs a tenth of the time.
    """
    global _asked
    with _lock:
        _asked += 1
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            _asked -= 1
            if not _asked:
                gc.enable()
