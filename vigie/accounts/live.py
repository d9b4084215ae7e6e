"""Which live topics a signed-in person may listen to. Answered from the session alone, re-asked while it streams."""

from __future__ import annotations

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from vigie.accounts.actors import actor_of
from vigie.accounts.models import Person


def topics_of(session_key: str) -> tuple[int, frozenset[str]] | None:
    """``(person_id, topics allowed)`` for a session, ``None`` when it is over.

    A message reaches a stream when one of its topics is allowed: ``org:<id>`` (staff who see that client;
    ``org:*`` allows every one), ``client:<id>`` (that client's people: public facts only), ``person:<id>``.
    The other topics of a message (``ticket:12``) say what to re-fetch, with the reader's own rights.
    """
    session = SessionStore(session_key=session_key)
    raw = session.get(SESSION_KEY)
    if raw is None:
        return None
    person = Person.objects.filter(pk=int(raw)).first()
    if person is None or session.get(HASH_SESSION_KEY) != person.get_session_auth_hash():
        return None
    actor = actor_of(person, today=timezone.localdate(), organisation_id=session.get("organisation_id"))
    if actor is None:
        return None
    topics = {f"person:{person.pk}"}
    if actor.is_client:
        topics.update(f"client:{i}" for i in actor.organisations or ())
    elif actor.organisations is None:
        topics.add("org:*")
    else:
        topics.update(f"org:{i}" for i in actor.organisations)
    return person.pk, frozenset(topics)
