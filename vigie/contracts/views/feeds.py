"""The feed of closed days of a calendar: followed, read now, taken over."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from vigie.contracts import access
from vigie.contracts.actions import feeds as actions
from vigie.contracts.forms import FeedForm
from vigie.contracts.queries.feeds import feed_of, why_failed
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import done, form_page
from vigie.toolkit.jinja import local_name


@agents("contracts:manage")
@require_http_methods(["GET", "POST"])
def calendar_feed(request: Request, calendar_id: int) -> HttpResponse:
    """Where the closed days of a calendar are published; it is read at once."""
    found = access.one_calendar(request.actor, calendar_id)
    known = feed_of(calendar_id)
    form = FeedForm(request.POST or None, initial={"url": known.url if known else ""})

    def follow(values: dict[str, str]) -> bool:
        actions.follow(request.actor, calendar_id, values["url"], now=timezone.now())
        return True

    if request.method == "POST" and done(form, follow):
        if form.cleaned_data["url"]:
            _read(request, calendar_id)
        return redirect("calendar", calendar_id)
    crumbs = [
        {"label": _("Calendars"), "href": reverse("calendars")},
        {"label": local_name(found), "href": reverse("calendar", args=[calendar_id])},
    ]
    return form_page(
        request,
        form,
        title=_("Closed days from a feed"),
        crumbs=crumbs,
        action=_("Save and read it"),
        groups=[("", ("url",))],
        intro=_("The last look failed: %(why)s") % {"why": why} if (why := why_failed(known)) else "",
    )


def _read(request: Request, calendar_id: int) -> None:
    """Look at the feed, and say what came of it."""
    why = why_failed(actions.read_now(request.actor, calendar_id, now=timezone.now()))
    if why:
        messages.error(request, _("The feed could not be read: %(why)s") % {"why": why})
    else:
        messages.success(request, _("The feed is read."))


@agents("contracts:manage")
@require_POST
def calendar_feed_read(request: Request, calendar_id: int) -> HttpResponse:
    """Look at the feed now."""
    _read(request, calendar_id)
    return redirect("calendar", calendar_id)


@agents("contracts:manage")
@require_POST
def calendar_feed_take(request: Request, calendar_id: int) -> HttpResponse:
    """New hours from tomorrow, with the days of the feed."""
    now = timezone.now()
    actions.take_over(request.actor, calendar_id, actions.tomorrow(now), now=now)
    messages.success(request, _("New hours start tomorrow, with these days."))
    return redirect("calendar", calendar_id)
