"""Why a file, a map or a row was refused, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from vigie.toolkit import refusals

refusals.register(
    {
        "imports.damaged_gzip": _("The gzip file is damaged: get it again from its source."),
        "imports.too_large": _("The file holds more than %(limit)s MB: cut it into several, the tickets of one file whole."),
        "imports.not_csv": _("This is a %(kind)s file: save it as CSV in UTF-8 first."),
        "imports.empty": _("The file is empty."),
        "imports.unknown_encoding": _("The file is neither UTF-8 nor Windows-1252 text: save it as CSV in UTF-8."),
        "imports.broken_csv": _("Line %(line)s cannot be read as CSV (%(why)s): correct it and start again."),
        "imports.column_twice": _("The header names these columns twice: %(names)s."),
        "imports.column_missing": _("The header lacks columns that the map names: %(names)s. It has: %(found)s."),
        "imports.bad_map": _("The map cannot be used: %(why)s."),
        "imports.unknown_map": _("There is no map “%(name)s”: give a file, or one of %(known)s."),
        "imports.unknown_code": _("The map gives “%(value)s” for %(word)s, which is not a code of this installation."),
        "imports.bad_client": _("“%(client)s” cannot be the code of a client: two to eight capital letters or digits, a letter first."),
        "imports.cell_count": _("The row has %(found)s cells where the header has %(wanted)s."),
        "imports.cell_too_long": _("A cell is longer than %(limit)s characters."),
        "imports.no_key": _("The row has no identifier (%(column)s)."),
        "imports.key_too_long": _("The identifier is longer than %(limit)s characters."),
        "imports.key_twice": _("%(cell)s is on several rows, where the map expects one row for each ticket."),
        "imports.no_date": _("The row does not say when the ticket was opened, and the map gives no rule for that."),
        "imports.bad_date": _("“%(cell)s” in %(column)s is not a date as the map describes them."),
        "imports.future_date": _("“%(cell)s” in %(column)s lies in the future."),
        "imports.unknown_value": _("The map does not know the value “%(cell)s” of %(column)s."),
        "imports.sibling_refused": _("Row %(row)s of the same ticket was refused: the ticket is left out whole."),
        "imports.other_client": _("This ticket was already imported for the client %(client)s."),
        "tickets.opened_after_recorded": _("The ticket is opened after it was recorded."),
        "tickets.history_out_of_order": _("The history goes back in time at %(at)s."),
    }
)  # fmt: skip
