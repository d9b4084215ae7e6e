"""Work of thousands of actions that is kept whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def kept_whole() -> Iterator[None]:
    """One transaction, without a savepoint around each action inside it: an error of any of them takes everything back, so
    that nothing would ever return to one. A third of the statements of such work were savepoints made and released.
    """
    features = connection.features
    usual = features.uses_savepoints
    with transaction.atomic():
        features.uses_savepoints = False
        try:
            yield
        finally:
            features.uses_savepoints = usual
