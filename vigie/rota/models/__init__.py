"""Tables of rotas."""

from vigie.rota.models.handover import Handover, HandoverLine
from vigie.rota.models.on_call import CallOut, Override, Rotation, RotationMember, Swap
from vigie.rota.models.shifts import Absence, CalendarAddress, Hub, ShiftChange, ShiftPattern, ShiftPlace

__all__ = [
    "Absence",
    "CalendarAddress",
    "CallOut",
    "Handover",
    "HandoverLine",
    "Hub",
    "Override",
    "Rotation",
    "RotationMember",
    "ShiftChange",
    "ShiftPattern",
    "ShiftPlace",
    "Swap",
]
