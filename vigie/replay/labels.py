"""Sentences of this area, in the reader's language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.toolkit import refusals

TURNED: dict[str, str | Promise] = {
    "": p("clocks", "All"),
    "missed": _("Would be missed"),
    "met": _("Would be met"),
}

refusals.register(
    {
        "replay.calendar_of_another": _("This calendar is not one of this client."),
        "replay.commitment_of_another": _("This commitment is not one of this contract."),
        "replay.no_variant": _("Change something in a variant: its targets, its hours, what suspends its clocks."),
        "replay.nothing_changed": _("The variant “%(name)s” changes nothing: there is nothing to compare."),
        "replay.unreachable": _(
            "%(name)s: “%(line)s” would never fall due: in 400 days “%(calendar)s” does not open enough for %(target)s."
        ),
        "replay.unreachable_in_hours": _(
            "%(name)s: “%(line)s” would never fall due: in 400 days these hours do not open enough for %(target)s."
        ),
        "replay.version_of_another": _("This version is not one of this contract."),
        "replay.too_many_variants": _("Compare up to three variants at a time."),
    }
)  # fmt: skip
