"""Pictures of a mail that stand on other machines: loaded when asked, by us, so that nobody learns who read it."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from vigie.kernel.refusal import NotFound, Refusal
from vigie.tickets.forms import whole
from vigie.tickets.queries import page
from vigie.toolkit import files, outside
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.pages import render


@agents("tickets:view")
@require_GET
def message_images(request: Request, ticket_id: int, message_id: int) -> HttpResponse:
    """The pictures of one message, each fetched by its own request."""
    count = len(page.images_elsewhere(request.actor, ticket_id, message_id))
    shown = {"ticket_id": ticket_id, "message_id": message_id, "numbers": range(count)}
    return render(request, "tickets/_images.html", shown)


@agents("tickets:view", answers="file")
@require_GET
def message_image(request: Request, ticket_id: int, message_id: int) -> HttpResponse:
    """One picture (``n``, from 0), fetched through the guarded way out; anything but a plain picture is refused."""
    addresses = page.images_elsewhere(request.actor, ticket_id, message_id)
    number = whole(request.GET.get("n") or "0")
    if number is None or number >= len(addresses):
        raise NotFound()
    fetched = outside.fetch(addresses[number])
    kind = files.sniff(fetched.data[: files.SNIFFED_BYTES], "")
    if kind not in files.INLINE:
        raise Refusal("outside.not_a_picture")
    response = HttpResponse(fetched.data, content_type=kind)
    files.keep_from_acting(response)
    return response
