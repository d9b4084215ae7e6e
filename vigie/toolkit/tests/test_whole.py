"""Work kept whole makes no savepoint, loses all with one error, and leaves transactions as they were."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from vigie.toolkit.models import JobFailure
from vigie.toolkit.whole import kept_whole

pytestmark = pytest.mark.django_db(transaction=True)


def act() -> None:
    with transaction.atomic():
        JobFailure.objects.exists()


def savepoints() -> list[str]:
    with CaptureQueriesContext(connection) as found, transaction.atomic():
        act()
    return [one["sql"] for one in found if "SAVEPOINT" in one["sql"]]


def test_no_savepoint_inside_and_again_after() -> None:
    with CaptureQueriesContext(connection) as found, kept_whole():
        act()
    assert not [one for one in found if "SAVEPOINT" in one["sql"]]
    assert savepoints()


def test_an_error_takes_everything_back() -> None:
    with connection.cursor() as cursor:
        cursor.execute("create table kept (n int)")
    try:
        with pytest.raises(ValueError, match="no"), kept_whole():
            with connection.cursor() as cursor:
                cursor.execute("insert into kept values (1)")
            with transaction.atomic():
                raise ValueError("no")
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from kept")
            assert cursor.fetchone() == (0,)
        assert savepoints()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("drop table kept")
