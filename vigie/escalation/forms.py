"""Shape of what is typed about ladders and their steps."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.accounts.access import offered_agents, offered_teams
from vigie.accounts.models import Agent, Person, Role, Team
from vigie.contracts import labels as contract_labels
from vigie.contracts.access import visible as visible_contracts
from vigie.contracts.access import visible_calendars
from vigie.contracts.forms import PRIORITIES
from vigie.contracts.models import Contract
from vigie.escalation.models import Ladder, Step
from vigie.escalation.queries.ladders import followers
from vigie.kernel.actor import Actor
from vigie.tenancy.access import visible as visible_clients
from vigie.tickets.labels import CLOCKS, SUPPORT_CLOCKS
from vigie.toolkit.forms import RecordForm, choose_from
from vigie.toolkit.jinja import local_name
from vigie.toolkit.ordering import by_name

LADDER_NAMES, LADDER_OWNER = ("name_fr", "name_en", "is_active"), ("organisation", "contract")
LADDER_SCOPE = ("whose", "kind", "priorities", "vip_only")
STEP_WHEN = ("position", "unit", "amount", "side", "calendar")
STEP_WHO = ("mode", "audience", "team", "role", "person")
STEP_ANSWER = ("acknowledge_within",)
BEFORE, AFTER = "before", "after"


class LadderForm(RecordForm):
    """Whose ladder it is, and for which clocks."""

    kind = forms.ChoiceField(label=_("Clock"), required=False)
    priorities = forms.TypedMultipleChoiceField(
        label=_("Priorities"), choices=PRIORITIES, coerce=int, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("None checked: every priority."),
    )  # fmt: skip

    class Meta:
        model = Ladder
        fields = (
            "name_fr", "name_en", "is_active", "organisation", "contract", "whose", "kind", "priorities", "vip_only", "continues_with",
        )  # fmt: skip
        help_texts = {
            "organisation": _("Empty: common to every client."),
            "contract": _("Empty: for every contract of the client."),
            "continues_with": _(
                "Its steps come after the last one here: a common end that several ladders share."
            ),
        }

    def __init__(self, *args: Any, actor: Actor, ladder: Ladder | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)
        kind.choices = [
            ("", p("clock", "Any")),
            *((k, contract_labels.KINDS.get(k, w)) for k, w in CLOCKS.items()),
            *SUPPORT_CLOCKS.items(),
        ]
        choose_from(self, "organisation", visible_clients(actor).order_by(by_name("name")))
        contracts = visible_contracts(actor).select_related("organisation")
        choose_from(self, "contract", contracts.order_by(by_name("organisation__name"), "reference"))
        self.fields["contract"].label_from_instance = _contract_words  # type: ignore[attr-defined]
        # What was typed may name another owner: the action then says what may not follow.
        known = None if self.is_bound else ladder
        choose_from(self, "continues_with", followers(actor, known).order_by(by_name("name_fr")))


def _contract_words(contract: Contract) -> str:
    """Contracts of several clients bear the same name: whose it is comes first."""
    return f"{contract.organisation.name} · {contract.reference} · {local_name(contract)}"


class StepForm(RecordForm):
    """One step: when, what is done, to whom, answered within how long."""

    amount = forms.IntegerField(
        label=_("How many"), min_value=0, help_text=_("A percent of the target, or minutes from the breach.")
    )
    side = forms.ChoiceField(
        label=_("Minutes are"),
        choices=[(BEFORE, _("before the breach")), (AFTER, _("after the breach"))],
        required=False,
    )

    class Meta:
        model = Step
        fields = (
            "position", "unit", "amount", "side", "calendar", "mode", "audience", "team", "role", "person", "acknowledge_within",
        )  # fmt: skip
        help_texts = {
            "position": _("Empty: after the last one. Those that follow move up."),
            "calendar": _("Minutes of its open hours alone. Empty: the promise's own hours, or the wall."),
            "mode": _(
                "Handing over gives the ticket to a team or a person; informing changes nothing in who works on it."
            ),
            "team": _("For a team, its leads or its on-call. Empty: the team that has the ticket."),
            "acknowledge_within": _("Empty: no answer is asked. Unanswered, the next step is told."),
        }

    def __init__(self, *args: Any, actor: Actor, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["position"].required = False
        teams = offered_teams(Team.objects.filter(is_active=True))
        choose_from(self, "team", teams.order_by(by_name("name_fr")))
        choose_from(self, "role", Role.objects.order_by(by_name("name_fr")))
        people = Person.objects.filter(agent__in=offered_agents(Agent.objects.all()))
        choose_from(self, "person", people.order_by(by_name("name")))
        choose_from(self, "calendar", visible_calendars(actor).order_by(by_name("name_fr")))

    def values(self, data: dict[str, Any]) -> dict[str, Any]:
        """The columns of the step."""
        amount, side = data.pop("amount"), data.pop("side")
        signed = -amount if side == BEFORE and data["unit"] != Step.Unit.PERCENT else amount
        return {**data, "value": signed}


def step_initial(step: Step) -> dict[str, Any]:
    """What the form shows of a step."""
    names = ("position", "unit", "mode", "audience", "acknowledge_within")
    ids = {name: getattr(step, f"{name}_id") for name in ("calendar", "team", "role", "person")}
    side = BEFORE if step.value < 0 else AFTER
    return {**{name: getattr(step, name) for name in names}, **ids, "amount": abs(step.value), "side": side}
