"""Sessions in the database that know when they end: the page tells its reader in time (WCAG 2.2.1)."""

from __future__ import annotations

import datetime as dt

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.contrib.sessions.models import Session
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

# Plain SQL: it is asked at every request.
_ALIVE = "select session_data, expire_date from django_session where session_key = %s and expire_date > %s"


class SessionStore(db.SessionStore):
    """Django's own, with ``ends``: when the stored session ends, read with the session itself."""

    ends: dt.datetime | None = None

    def _get_session_from_db(self) -> Session | None:
        with connection.cursor() as cursor:
            cursor.execute(_ALIVE, [self.session_key, timezone.now()])
            row = cursor.fetchone()
        if row is None:
            self._session_key = self.ends = None
            return None
        data, self.ends = row
        return Session(session_key=self.session_key or "", session_data=data, expire_date=self.ends)

    def save(self, must_create: bool = False) -> None:
        """As Django does, but a database that went away is told as that (503) and not as an ended session (400)."""
        try:
            super().save(must_create)
        except UpdateError as error:
            if isinstance(error.__context__, (OperationalError, InterfaceError)):
                raise error.__context__ from None
            raise


def seconds_left(session: SessionBase) -> int:
    """How long the session lasts if nothing extends it; one that this request will save starts anew."""
    ends = None if session.modified else getattr(session, "ends", None)
    if ends is None:
        return int(session.get_expiry_age())
    return max(0, int((ends - timezone.now()).total_seconds()))
