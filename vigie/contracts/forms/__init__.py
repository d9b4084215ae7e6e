"""Shape of what is typed about contracts and calendars."""

from vigie.contracts.forms.calendars import CalendarForm, FeedForm, HoursForm, hours_initial, read_spans
from vigie.contracts.forms.contracts import (
    CommitmentForm,
    ContractForm,
    PreviewForm,
    commitment_initial,
    contract_initial,
)
from vigie.contracts.forms.fields import ANY, PRIORITIES, date_field
from vigie.contracts.forms.versions import VersionForm, version_initial

__all__ = [
    "ANY",
    "PRIORITIES",
    "CalendarForm",
    "CommitmentForm",
    "ContractForm",
    "FeedForm",
    "HoursForm",
    "PreviewForm",
    "VersionForm",
    "commitment_initial",
    "contract_initial",
    "date_field",
    "hours_initial",
    "read_spans",
    "version_initial",
]
