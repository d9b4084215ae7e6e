"""The commands, and the promise kept when they are killed at each declared point."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.world import START
from vigie.channels.mail.actions import fetching
from vigie.channels.mail.actions.intake import store
from vigie.channels.mail.models import InboundMail, Mailbox
from vigie.channels.mail.sources import Round
from vigie.channels.mail.tests.conftest import MakeMailbox
from vigie.channels.mail.tests.servers import ImapServer

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[4]
MAIL = b"Message-ID: <1@client.example>\r\nSubject: Panne\r\n\r\nBonjour\r\n"
POINTS = sorted(
    {
        point
        for folder in ("actions", "sources", ".")
        for path in (ROOT / "vigie/channels/mail" / folder).glob("*.py")
        for point in re.findall(r'crashpoint\("([a-z_.]+)"\)', path.read_text())
    }
)
OF_INTAKE = [point for point in POINTS if point.startswith("intake.")]

Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def run(embedded_url: str, tmp_path: Path, settings: Any) -> Iterator[Run]:
    """`vigie mail …` in a process of its own, on the database of the test; ``crash``: where to kill it."""
    crashes = tmp_path / "crashes"
    crashes.mkdir()
    environment = {
        **os.environ,
        "VIGIE_CRASH_FOLDER": str(crashes),
        "VIGIE_DATA": str(tmp_path / "data"),
        "VIGIE_MAIL_FOLDERS": str(tmp_path / "mail"),
        "VIGIE_SECRET_KEY": configured.SECRET_KEY,
    }

    def launch(*arguments: str, given: bytes = b"", crash: str = "", **more: str) -> Any:
        if crash:
            (crashes / crash).touch()
        name = connection.settings_dict["NAME"]
        extra = {
            "DATABASE_URL": _address(embedded_url, name),
            "VIGIE_MAIL_CA_FILE": settings.MAIL_CA_FILE,
        }
        command = [sys.executable, "-m", "vigie", "mail", *arguments]
        return subprocess.run(
            command, input=given, env=environment | extra | more, cwd=ROOT, capture_output=True, timeout=120
        )

    yield launch
    with connection.cursor() as cursor:  # Django's flush leaves the tables of the queue
        cursor.execute("truncate procrastinate_jobs cascade")


def _address(url: str, name: str) -> str:
    """The same server, another database, as an address."""
    head, mark, tail = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}{mark}{tail}"


def kept(mailbox: Mailbox) -> list[bytes]:
    """Bytes stored; each has its one job."""
    found = list(InboundMail.objects.filter(mailbox=mailbox).values_list("pk", "raw"))
    jobs = ProcrastinateJob.objects.filter(task_name="mail.settle").values_list("args", flat=True)
    kept_here = {pk for pk, _raw in found}
    assert sorted(n for args in jobs if (n := args["inbound_id"]) in kept_here) == sorted(kept_here)
    return sorted(bytes(raw) for _pk, raw in found)


def pipe() -> Mailbox:
    return Mailbox.objects.create(name="S", address="support@nord.example", source="pipe", created_at=START)


class TestDeliver:
    def test_zero_means_stored(self, run: Run) -> None:
        mailbox = pipe()
        done = run("deliver", "--mailbox", "Support@nord.example", "--from", "u@client.example", given=MAIL)
        assert (done.returncode, kept(mailbox)) == (0, [MAIL])
        assert InboundMail.objects.get().envelope_from == "u@client.example"
        assert run("deliver", "--mailbox", "support@nord.example", given=MAIL).returncode == 0
        assert kept(mailbox) == [MAIL]

    def test_only_a_size_is_refused_for_good(self, run: Run) -> None:
        mailbox = pipe()
        large = b"x" * (1024 * 1024 + 1)
        done = run("deliver", "--mailbox", mailbox.address, given=large, VIGIE_MAIL_LIMIT_MB="1")
        assert (done.returncode, kept(mailbox)) == (os.EX_DATAERR, [])
        assert b"larger than 1 MB" in done.stderr

    def test_an_unknown_mailbox_or_no_database_is_temporary(self, run: Run) -> None:
        pipe()
        assert run("deliver", "--mailbox", "x@nord.example", given=MAIL).returncode == os.EX_TEMPFAIL
        lost = run("deliver", "--mailbox", "x@nord.example", given=MAIL, VIGIE_DATA="/proc/nowhere")
        assert lost.returncode == os.EX_TEMPFAIL
        assert not InboundMail.objects.exists()

    @pytest.mark.parametrize("point", [*OF_INTAKE, "deliver.before_exit"])
    def test_killed_then_tried_again(self, run: Run, point: str) -> None:
        mailbox = pipe()
        assert run("deliver", "--mailbox", mailbox.address, given=MAIL, crash=point).returncode == -9
        store(mailbox, MAIL, now=START)
        assert kept(mailbox) == [MAIL]


@pytest.mark.parametrize("point", [*OF_INTAKE, *(p for p in POINTS if p.startswith("imap."))])
def test_fetching_killed_then_run_again(
    run: Run, imap: ImapServer, make_mailbox: MakeMailbox, point: str
) -> None:
    mailbox = make_mailbox()
    mails = sorted(MAIL + b"%d\r\n" % number for number in range(4))
    imap.put(mailbox.username, *mails)
    assert run("fetch", crash=point).returncode == -9
    assert set(kept(mailbox)) <= set(mails)
    assert isinstance(fetching.fetch(mailbox.pk, now=START), Round)
    assert kept(mailbox) == mails
    assert all(b"\\Seen" in flags for flags in imap.flags(mailbox.username).values())


@pytest.mark.parametrize("point", [p for p in POINTS if p.startswith("folder.")])
def test_reading_a_folder_killed_then_run_again(run: Run, tmp_path: Path, settings: Any, point: str) -> None:
    mailbox = Mailbox.objects.create(
        name="S", address="s@nord.example", source="folder", folder="support", created_at=START
    )
    for part in ("new", "cur"):
        (tmp_path / "mail" / "support" / part).mkdir(parents=True)
    mails = [MAIL + b"%d\r\n" % number for number in range(3)]
    for number, raw in enumerate(mails):
        (tmp_path / "mail" / "support" / "new" / str(number)).write_bytes(raw)
    assert run("fetch", crash=point).returncode == -9
    settings.MAIL_FOLDERS = tmp_path / "mail"
    assert isinstance(fetching.fetch(mailbox.pk, now=START), Round)
    assert kept(mailbox) == mails
    assert os.listdir(tmp_path / "mail" / "support" / "new") == []


def test_fetch_says_what_happened(run: Run, imap: ImapServer, make_mailbox: MakeMailbox) -> None:
    assert run("fetch").returncode == 1
    good, bad = make_mailbox(), make_mailbox(folder="Absent")
    imap.put(good.username, MAIL)
    done = run("fetch")
    lines = done.stdout.decode()
    assert done.returncode == 1
    assert f"{good.address}: 1 new, 0 known already, 0 left for later" in lines
    assert f"{bad.address}: The server has no folder “Absent”" in lines
    assert run("fetch", "--mailbox", good.address).returncode == 0
