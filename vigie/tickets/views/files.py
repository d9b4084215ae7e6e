"""Files: kept before their message is sent, and served so that none of them acts."""

from __future__ import annotations

from django.http import HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound, Refusal
from vigie.tickets import access
from vigie.tickets.actions.conversation import upload
from vigie.tickets.forms import whole
from vigie.toolkit import files
from vigie.toolkit.entry import Request, signed_in
from vigie.toolkit.refusals import sentence


def _owner(actor: Actor, request: Request) -> int:
    """The client that the file will belong to: the ticket's, the one named, or a customer's own."""
    if ticket_id := whole(request.GET.get("ticket")):
        return access.one(actor, ticket_id).organisation_id
    organisation_id = whole(request.GET.get("organisation")) or actor.organisation_id
    if organisation_id is None and "organisation" in request.GET:
        raise Refusal("tickets.upload_no_client", field="file")
    if organisation_id is None or not actor.sees(organisation_id):
        raise NotFound()
    return organisation_id


@signed_in(answers="json")
@require_POST
def file_upload(request: Request) -> JsonResponse:
    """Keep one file; the answer is what the editor needs, or a sentence."""
    sent = request.FILES.get("file")
    if sent is None:
        return JsonResponse({"message": _("No file arrived. Your text was kept: try again.")}, status=422)
    try:
        owner = _owner(request.actor, request)
        kept = upload(
            request.actor, owner, sent.name or "", sent.size or 0, sent.chunks(), now=timezone.now()
        )
    except Refusal as refusal:
        return JsonResponse({"code": refusal.code, "message": sentence(refusal)}, status=refusal.status)
    address = reverse("file", args=[kept.token])
    return JsonResponse(
        {"url": address, "href": address, "id": kept.token, "name": kept.name, "size": kept.size}
    )


@signed_in(answers="file")
@require_GET
def file(request: Request, token: str) -> HttpResponseBase:
    """The file, if its ticket is in sight."""
    found = access.attachment_by_token(request.actor, token)
    try:
        return files.serve(found.sha256, found.name, found.content_type)
    except FileNotFoundError:
        raise NotFound() from None
