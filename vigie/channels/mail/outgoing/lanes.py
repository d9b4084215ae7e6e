"""A lane: one thread that carries the mails of one destination, one after the other, over a connection it keeps.

The thread only talks SMTP. Everything that touches the database is done by the dispatcher, which hands the next mail over
once the answer for the last one is written: a kill between the two sends at most that one mail again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread

from vigie.channels.mail.outgoing.compose import Ready
from vigie.channels.mail.outgoing.transport import Patience, Session
from vigie.channels.mail.rules.delivery import Answer
from vigie.notifications.models import Delivery
from vigie.toolkit.crashpoints import crashpoint


class Lane:
    """``heard(lane, answer)`` is called by the thread for every mail; ``delivery`` is the one under way."""

    def __init__(
        self, name: str, heard: Callable[[Lane, Answer], None], patience: Patience, own_name: str
    ) -> None:
        self.name, self.carried = name, 0
        self.delivery: Delivery | None = None
        self._heard, self._patience = heard, patience
        self._session = Session(patience, own_name)
        self._mails: SimpleQueue[Ready | None] = SimpleQueue()
        self._since = time.monotonic()
        # a daemon: a resolver that hangs must not keep a process that was told to stop
        Thread(target=self._carry, name=f"lane {name}", daemon=True).start()

    def hand(self, delivery: Delivery, mail: Ready) -> None:
        self.delivery, self._since = delivery, time.monotonic()
        self.carried += 1
        self._mails.put(mail)

    def end(self) -> None:
        """No more mails: the thread takes leave of the server and ends."""
        self.delivery = None
        self._mails.put(None)

    def cut_if_stuck(self) -> None:
        """A server that drips one byte now and then never times out: past all patience, cut the line."""
        if self.delivery is not None and time.monotonic() - self._since > self._patience.whole:
            self._session.cut()

    def _carry(self) -> None:
        while (mail := self._mails.get()) is not None:
            crashpoint("out.before_smtp")
            try:
                answer = self._session.send(mail.route, mail.sender, mail.recipient, mail.data)
            except Exception as error:  # whatever it is, the dispatcher must hear of this mail
                self._session.close()
                answer = Answer(0, f"{type(error).__name__}: {error}", "connect", lost=True)
            self._heard(self, answer)
        self._session.close()
