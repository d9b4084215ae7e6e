"""`vigie check` on installations that are broken: what it says names the thing and what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.utils import timezone

from vigie.channels.mail.models import Mailbox
from vigie.runtime import checks
from vigie.toolkit import vault


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("VIGIE_UPLOAD_LIMIT_MB=abc", "VIGIE_UPLOAD_LIMIT_MB is 'abc': give a whole number of at least 1"),
        ("VIGIE_SMTP_PORT=0", "VIGIE_SMTP_PORT is '0'"),
        ("VIGIE_URL=vigie.example.org", "VIGIE_URL is 'vigie.example.org': give the address people type"),
        ("VIGIE_SMTP_SECURITY=ssl", "VIGIE_SMTP_SECURITY is 'ssl': give tls, starttls or none"),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_sentence(setting: str, words: str) -> None:
    program = (
        "from vigie.runtime.trouble import Trouble\nfrom vigie.runtime.commands import set_up_django\n"
        "try: set_up_django()\nexcept Trouble as trouble: print(trouble.sentence)"
    )
    name, _, value = setting.partition("=")
    ran = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | {name: value}, capture_output=True, text=True
    )
    assert ran.stdout.startswith(f"A setting cannot be used: {words}"), ran.stderr


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("VIGIE_SECRET_KEY", "short", "VIGIE_SECRET_KEY has 5 characters"),
        ("VIGIE_MAIL_CA_FILE", "/nowhere/ca.pem", "/nowhere/ca.pem, which cannot be read"),
        ("VIGIE_WORKER_NICE", "99", "VIGIE_WORKER_NICE is not a number from 0 to 19"),
        ("VIGIE_BACKUP_RECIPIENT", "age2x", "beginning with age1 that `vigie backup key FILE` printed"),
    ],
)
def test_a_setting_that_shows_itself_too_late(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    for known in ("VIGIE_SECRET_KEY", "VIGIE_MAIL_CA_FILE", "VIGIE_BACKUP_RECIPIENT", "VIGIE_WORKER_NICE"):
        monkeypatch.delenv(known, raising=False)
    assert checks._settings_problems() == []
    monkeypatch.setenv(name, value)
    [problem] = checks._settings_problems()
    assert words in problem


@pytest.mark.django_db
def test_passwords_that_the_present_key_does_not_open() -> None:
    sealed = {"good": vault.seal("a"), "other": Fernet(Fernet.generate_key()).encrypt(b"b"), "none": None}
    for name, secret in sealed.items():
        Mailbox.objects.create(
            name=name, address=f"{name}@nord.example", created_at=timezone.now(), password_sealed=secret
        )
    [problem] = checks._vault_problems()
    assert problem.startswith("the passwords of 1 mailboxes do not open")
    assert "VIGIE_VAULT_KEY" in problem


@pytest.mark.django_db
def test_a_database_of_another_version() -> None:
    assert checks.migration_problems() == []
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into django_migrations (app, name, applied) values ('tickets', '9999_later', now())"
        )
        [newer] = checks.migration_problems()
        cursor.execute("delete from django_migrations where app = 'tickets' and name = '9999_later'")
        cursor.execute("delete from django_migrations where app = 'operations'")
        [older] = checks.migration_problems()
    assert "tickets.9999_later" in newer
    assert "vigie restore" in newer
    assert "first: operations." in older
    assert "vigie migrate" in older


def test_a_folder_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VIGIE_DATA", str(tmp_path / "file"))
    with checks.database_or_problem() as [problem]:
        assert f"The data folder {tmp_path / 'file'} cannot be written" in problem
        assert "VIGIE_DATA" in problem
