"""Every change to people, affiliations, teams, skills and roles. The actor first, journalled, atomic."""

from vigie.accounts.actions.contacts import (
    add_affiliation,
    change_affiliation,
    create_contact,
    end_affiliation,
)
from vigie.accounts.actions.me import change_preferences, choose_language, choose_theme, switch_client
from vigie.accounts.actions.people import (
    disable_person,
    enable_person,
    end_sessions,
    may_identify,
    rights_over,
    send_password_link,
    set_password,
    update_person,
)
from vigie.accounts.actions.roles import change_role, create_role, delete_role, publish_default_roles
from vigie.accounts.actions.staff import create_agent, give_roles, set_access, set_agent_clients, set_skills
from vigie.accounts.actions.teams import change_team, create_skill, create_team, set_members

__all__ = [
    "add_affiliation",
    "change_affiliation",
    "change_preferences",
    "change_role",
    "change_team",
    "choose_language",
    "choose_theme",
    "create_agent",
    "create_contact",
    "create_role",
    "create_skill",
    "create_team",
    "delete_role",
    "disable_person",
    "enable_person",
    "end_affiliation",
    "end_sessions",
    "give_roles",
    "may_identify",
    "publish_default_roles",
    "rights_over",
    "send_password_link",
    "set_access",
    "set_agent_clients",
    "set_members",
    "set_password",
    "set_skills",
    "switch_client",
    "update_person",
]
