"""Who visits, and which clients each one may know about."""

from __future__ import annotations

from dataclasses import dataclass

from django.test import Client as Browser

from tests.world import World
from vigie.accounts.models import Person


@dataclass(frozen=True)
class Persona:
    name: str
    person: Person | None
    side: str  # anonymous, client, agent
    sees_b: bool = False

    def browser(self) -> Browser:
        browser = Browser(raise_request_exception=False)
        if self.person is not None:
            browser.force_login(self.person, backend="allauth.account.auth_backends.AuthenticationBackend")
        return browser


def personas(world: World) -> list[Persona]:
    return [
        Persona("anonymous", None, "anonymous"),
        Persona("user of A", world.a.user, "client"),
        Persona("manager of A", world.a.manager, "client"),
        Persona("key user of A", world.a.key_user, "client"),
        Persona("contact of A and C", world.both, "client"),
        Persona("former contact of A", world.former, "client"),
        Persona("agent limited to A", world.agent, "agent"),
        Persona("delivery manager of A", world.manager, "agent"),
        Persona("user of B", world.b.user, "client", sees_b=True),
        Persona("agent of every client", world.agent_all, "agent", sees_b=True),
        Persona("administrator", world.admin, "agent", sees_b=True),
    ]
