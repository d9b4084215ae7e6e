"""The worker's own view of the jobs."""

from __future__ import annotations

from procrastinate import App
from procrastinate.connector import BaseConnector
from procrastinate.contrib.django import app

from vigie.runtime.ends import Ends


def worker_app(connector: BaseConnector) -> App:
    """Takes jobs and ends them over ``connector``. A job that a job queues still goes by Django's connection.

    So it is queued with the transaction it belongs to. Replacing the connector of the one app would queue it at once,
    before what it is about is there to be found.
    """
    own = App(connector=connector, import_paths=app.import_paths, worker_defaults=app.worker_defaults)
    own.tasks, own.periodic_registry = app.tasks, app.periodic_registry
    own.job_manager = Ends(connector)
    return own
