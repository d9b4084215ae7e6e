"""The process that reads mails: ``python -m vigie.channels.mail.reader_child``. It imports no Django.

It reads a mail from standard input, answers on standard output, and goes on to the next one. It ends by itself when its
parent is gone (end of input) or has not asked for a while; a bound that it hits ends it, and its parent starts another.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import sys
from pathlib import Path

from vigie.channels.mail import wire
from vigie.channels.mail.rules.parsed import ParsedMail, Unreadable
from vigie.channels.mail.rules.parsing import read_mail

MEMORY = 512 * 1024 * 1024  # bytes of address space
CPU_SECONDS = 5.0  # per mail; the kernel ends the process with SIGPROF
IDLE_SECONDS = 60.0


def main() -> None:
    _bind()
    while select.select([0], [], [], IDLE_SECONDS)[0]:
        head = _take(wire.QUESTION.size)
        if not head:
            return
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
        result = _read(_take(wire.QUESTION.unpack(head)[0]))
        for piece in wire.answer(result):
            _give(piece)
        signal.setitimer(signal.ITIMER_PROF, 0)
        if isinstance(result, Unreadable) and result.code == "too_big":
            return  # memory in pieces: the next mail deserves a fresh process


def _bind() -> None:
    """No more memory than agreed, no file, no other process, no core dump with a client's mail in it."""
    bounds = {resource.RLIMIT_AS: MEMORY, resource.RLIMIT_FSIZE: 0, resource.RLIMIT_CORE: 0}
    for what, bound in bounds.items():
        resource.setrlimit(what, (bound, bound))
    # Whoever stops the service lets the parent end its job first; then the input ends, and so do we
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _read(raw: bytes) -> ParsedMail | Unreadable:
    try:
        return read_mail(raw)
    except Unreadable as why:
        return why
    except MemoryError:
        return Unreadable("too_big", f"reading it takes more than {MEMORY >> 20} MiB of memory")
    except Exception as fault:
        return Unreadable("crashed", _where(fault))


def _where(fault: Exception) -> str:
    """Kind and place of a fault, without what the mail says."""
    trace = fault.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
    return f"{type(fault).__name__} at {place}"


def _take(size: int) -> bytes:
    """``size`` bytes of standard input, or b'' where it has ended."""
    return sys.stdin.buffer.read(size) if size else b""


def _give(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


if __name__ == "__main__":
    main()
