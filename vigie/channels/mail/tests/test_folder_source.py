"""Maildirs and plain folders as sources."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

import pytest

from tests.world import START
from vigie.channels.mail.actions import fetching
from vigie.channels.mail.models import InboundMail, Mailbox
from vigie.channels.mail.sources import Round, folder

pytestmark = pytest.mark.django_db
MAIL = b"Subject: Panne\r\n\r\nBonjour\r\n"


@pytest.fixture
def root(tmp_path: Path, settings: Any) -> Path:
    settings.MAIL_FOLDERS = tmp_path
    return tmp_path


def mailbox(name: str, **more: Any) -> Mailbox:
    return Mailbox.objects.create(
        name="S", address="s@nord.example", source="folder", folder=name, created_at=START, **more
    )


def drop(path: Path, raw: bytes = MAIL, *, age: int = 60) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    at = START.timestamp() - age
    os.utime(path, (at, at))


def fetch(found: Mailbox) -> Round:
    done = fetching.fetch(found.pk, now=START)
    assert isinstance(done, Round), done
    return done


def trouble(found: Mailbox) -> str:
    fetching.fetch(found.pk, now=START)
    found.refresh_from_db()
    return found.trouble


def test_a_maildir(root: Path) -> None:
    (root / "support" / "cur").mkdir(parents=True)
    drop(root / "support" / "new" / "1.a", age=0)
    drop(root / "support" / "new" / "2.b", MAIL + b"2", age=0)
    assert fetch(mailbox("support")).stored == 2
    assert sorted(os.listdir(root / "support" / "cur")) == ["1.a:2,S", "2.b:2,S"]
    assert os.listdir(root / "support" / "new") == []


def test_a_worker_told_to_stop_leaves_the_rest_to_the_next_round(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(root / "support" / "1.eml")
    with monkeypatch.context() as stopping:
        stopping.setattr(folder, "stop_asked", lambda: True)
        assert (fetch(mailbox("support")).stored, os.listdir(root / "support")) == (0, ["1.eml"])
    assert fetch(Mailbox.objects.get()).stored == 1


def test_a_plain_folder_waits_until_a_file_is_whole(root: Path) -> None:
    drop(root / "support" / "a.eml")
    drop(root / "support" / "b.eml", MAIL + b"half of", age=1)
    done = fetch(mailbox("support"))
    assert (done.stored, done.left) == (1, 1)
    assert sorted(os.listdir(root / "support")) == ["b.eml", "done"]
    assert InboundMail.objects.get().size == len(MAIL)


def test_files_of_the_same_name_are_all_kept(root: Path) -> None:
    found = mailbox("support")
    for number in range(3):
        drop(root / "support" / "mail.eml", MAIL + bytes([65 + number]))
        fetch(found)
    assert sorted(os.listdir(root / "support" / "done")) == ["2-mail.eml", "3-mail.eml", "mail.eml"]
    assert InboundMail.objects.count() == 3


@pytest.mark.parametrize("put_away", ["done", "cur"])
def test_the_longest_name_fits_where_files_are_put_away(root: Path, put_away: str) -> None:
    found, waits = mailbox("support"), root / "support"
    if put_away == "cur":
        (waits / "cur").mkdir(parents=True)
        waits = waits / "new"
    for number in range(3):
        drop(waits / f"{'é' * 125}x.eml", MAIL + bytes([65 + number]))
        assert fetch(found) == Round(stored=1)
    assert len(os.listdir(root / "support" / put_away)) == 3


def test_a_file_that_cannot_be_taken_stops_no_other(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = folder._read

    def refused(path: Path) -> Any:
        if path.name == "a.eml":
            raise PermissionError(13, "Permission denied", str(path))
        if path.name == "b.eml":
            path.unlink()
        return read(path)

    monkeypatch.setattr(folder, "_read", refused)
    for age, name in ((90, "a.eml"), (80, "b.eml"), (70, "c.eml")):
        drop(root / "support" / name, MAIL + name.encode(), age=age)
    found = mailbox("support")
    assert fetch(found).stored == 1
    assert trouble(found) == "mail.file_refused"
    assert "a.eml" in found.trouble_detail
    assert os.listdir(root / "support" / "done") == ["c.eml"]


def test_a_file_gone_while_the_folder_is_listed_is_no_failure(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = os.scandir

    def stale(place: Path) -> Any:
        entries = list(scan(place))
        (place / "gone.eml").unlink(missing_ok=True)
        return entries

    monkeypatch.setattr(folder.os, "scandir", stale)
    drop(root / "support" / "gone.eml")
    drop(root / "support" / "here.eml", MAIL + b"2")
    assert fetch(mailbox("support")) == Round(stored=1)


def test_a_file_can_be_deleted_once_it_is_stored(root: Path) -> None:
    drop(root / "support" / "a.eml")
    assert fetch(mailbox("support", after_fetch="delete")).stored == 1
    assert os.listdir(root / "support") == []


def test_a_file_too_large_stays(root: Path, settings: Any) -> None:
    settings.MAIL_SIZE_LIMIT = 100
    drop(root / "support" / "a.eml", MAIL * 50)
    drop(root / "support" / "b.eml")
    found = mailbox("support")
    assert fetch(found).stored == 1
    assert trouble(found) == "mail.too_big"
    assert (root / "support" / "a.eml").exists()


def test_links_and_hidden_files_are_not_mails(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("elsewhere") / "secret"
    drop(secret)
    drop(root / "support" / ".hidden")
    (root / "support" / "link.eml").symlink_to(secret)
    assert fetch(mailbox("support")).stored == 0


@pytest.mark.parametrize("name", ["../etc", "/etc", "", ".", "a/../../b"])
def test_no_folder_outside_the_root(root: Path, name: str) -> None:
    assert trouble(mailbox(name)) == "mail.folder_outside"


def test_a_folder_that_is_not_there(root: Path) -> None:
    assert trouble(mailbox("absent")) == "mail.path_missing"


def test_a_mail_written_while_it_is_read_is_taken_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = root / "support" / "a.eml"
    drop(path)
    found, store = mailbox("support"), fetching.intake.store

    def grow(*args: Any, **more: Any) -> Any:
        done = store(*args, **more)
        drop(path, MAIL + b"the rest\r\n", age=30)
        return done

    monkeypatch.setattr(fetching.intake, "store", grow)
    fetch(found)
    monkeypatch.undo()
    assert fetching.fetch(found.pk, now=START + dt.timedelta(minutes=1)) == Round(stored=1)
    assert {bytes(raw) for raw in InboundMail.objects.values_list("raw", flat=True)} >= {
        MAIL + b"the rest\r\n"
    }
