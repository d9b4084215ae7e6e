"""Addresses of this area; those of django-allauth are in ``sign_in_urls``."""

from __future__ import annotations

from django.urls import URLPattern, path

from vigie.accounts.views import me, people, records, roles, sign_in, teams

urlpatterns: list[URLPattern] = [
    path("demo/sign-in/", sign_in.demo_sign_in, name="demo_sign_in"),
    path("me/", me.me, name="me"),
    path("me/client/", me.switch_client, name="switch_client"),
    path("me/language/", me.set_language, name="set_language"),
    path("me/session/", me.session, name="session"),
    path("me/theme/", me.set_theme, name="set_theme"),
    path("people/", people.people, name="people"),
    path("people/new/", people.contact_new, name="contact_new"),
    path("people/new/agent/", people.agent_new, name="agent_new"),
    path("people/<int:person_id>/", people.person, name="person"),
    path("people/<int:person_id>/edit/", records.person_edit, name="person_edit"),
    path("people/<int:person_id>/access/", records.person_access, name="person_access"),
    path("people/<int:person_id>/skills/", records.person_skills, name="person_skills"),
    path("people/<int:person_id>/act/", records.person_act, name="person_act"),
    path("people/<int:person_id>/clients/new/", records.affiliation_new, name="affiliation_new"),
    path("affiliations/<int:affiliation_id>/", records.affiliation_edit, name="affiliation_edit"),
    path("affiliations/<int:affiliation_id>/end/", records.affiliation_end, name="affiliation_end"),
    path("teams/", teams.teams, name="teams"),
    path("teams/new/", teams.team_new, name="team_new"),
    path("teams/skills/", teams.skill_new, name="skill_new"),
    path("teams/<int:team_id>/", teams.team_edit, name="team"),
    path("roles/", roles.roles, name="roles"),
    path("roles/new/", roles.role_new, name="role_new"),
    path("roles/<int:role_id>/", roles.role_edit, name="role"),
    path("roles/<int:role_id>/delete/", roles.role_delete, name="role_delete"),
]
