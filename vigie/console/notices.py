"""One's own notices, agent or customer: what happened while one looked elsewhere."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from vigie.console.shell import bell
from vigie.notifications.actions import mark_read
from vigie.notifications.labels import LATE_KINDS, icon, sentence
from vigie.notifications.queries import latest_page
from vigie.toolkit.entry import Request, agents, signed_in
from vigie.toolkit.pages import render
from vigie.toolkit.paging import Page

# Where the subject of a notice is read.
SUBJECTS = {
    ("provider", "ticket"): "ticket",
    ("provider", "mailbox"): "mailbox",
    ("provider", "contract"): "contract",
    ("provider", "exclusion"): "exclusion",
    ("provider", "statement"): "statement",
    ("provider", "correction"): "ticket_correction",
    ("provider", "rota_mine"): "rota_mine",  # one's own plan: it bears no number
    ("provider", "rota_note"): "rota_note",
    ("provider", "credit"): "credit",
    ("client", "ticket"): "portal_ticket",
    ("client", "credit"): "portal_credit",
    ("client", "exclusion"): "portal_exclusion",
    ("provider", "installation"): "status",  # there is one: its notices bear no number
}


def drawn(notice: dict[str, Any], side: str) -> dict[str, Any]:
    """A notice ready to show to somebody of this side."""
    subject = SUBJECTS.get((side, notice["subject"]))
    parts = [notice["subject_id"]] if notice["subject_id"] else []
    own = notice["params"].get("link", "") if side == "provider" else ""
    return {
        "id": notice["id"],
        "text": sentence(notice["kind"], notice["params"]),
        "title": notice["params"].get("title", ""),
        "icon": icon(notice["kind"]),
        "late": notice["kind"] in LATE_KINDS,
        "at": notice["created_at"],
        "unread": notice["read_at"] is None,
        "href": own or (reverse(subject, args=parts) if subject else ""),
    }


@signed_in()
def notices(request: Request) -> HttpResponse:
    """The list; POST marks what was shown (up to an id) as read."""
    if request.method == "POST":
        up_to = request.POST.get("up_to", "")
        mark_read(
            request.actor,
            now=timezone.now(),
            up_to=int(up_to) if up_to.isdigit() and len(up_to) < 16 else None,
        )
        return HttpResponseRedirect(reverse("notices"))
    page: Page = latest_page(request.actor, cursor=request.GET.get("cursor"))
    rows = [drawn(row, request.actor.side) for row in page.rows]
    values = {
        "rows": rows,
        "newest": rows[0]["id"] if rows and not request.GET.get("cursor") else None,
        "unread": any(row["unread"] for row in rows),
        "previous": page.previous and f"?cursor={page.previous}",
        "next": page.next and f"?cursor={page.next}",
    }
    return render(request, "console/notices.html", values)


@agents(answers="fragment")
def notices_bell(request: Request) -> HttpResponse:
    """The bell again, with its count."""
    return render(request, "layouts/_bell.html", {"notices": bell(request.actor)})
