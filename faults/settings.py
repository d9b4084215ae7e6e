"""Vigie's own settings with the harness's jobs beside its own. Nothing else differs."""

from vigie.config.settings import *  # noqa: F403
from vigie.config.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "faults.jobs"]
# Nobody signs in with a password here, and the people of the small world would cost half a minute of CPU
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
