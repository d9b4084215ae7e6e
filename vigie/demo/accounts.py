"""The people of the demonstration whom a visitor may be with one click, in the order of a ticket's life."""

from __future__ import annotations

from vigie.accounts.demo_mode import Persona

# Documented on purpose: whoever looks at the demonstration may be any of them, by password too.
PASSWORD = "Vigie-demo-2026"  # noqa: S105

# The demonstration creates each of them; their addresses are reserved names that no mail can reach.
ACCOUNTS: list[Persona] = [
    Persona(
        "claire.dubois@valmont.example",
        "Claire Dubois",
        "Utilisatrice, Valmont Industries",
        "User, Valmont Industries",
        "Signale un incident, suit ses demandes",
        "Reports a problem, follows her requests",
        "user",
    ),
    Persona(
        "philippe.garnier@valmont.example",
        "Philippe Garnier",
        "Responsable du contrat, Valmont Industries",
        "Client manager, Valmont Industries",
        "Voit toutes les demandes de son entreprise",
        "Sees every request of the company",
        "client_manager",
    ),
    Persona(
        "isabelle.roche@valmont.example",
        "Isabelle Roche",
        "Directrice générale (VIP), Valmont Industries",
        "Managing director (VIP), Valmont Industries",
        "Ses demandes passent en priorité",
        "Her requests are handled first",
        "user",
    ),
    Persona(
        "julien.mercier@valmont.example",
        "Julien Mercier",
        "Référent du site de Strasbourg, Valmont Industries",
        "Key user of the Strasbourg site, Valmont Industries",
        "Suit les demandes de son site",
        "Follows the requests of his site",
        "key_user",
    ),
    Persona(
        "margaret.ellis@hargrove.example",
        "Margaret Ellis",
        "Responsable du contrat, Hargrove & Lenoir (en anglais)",
        "Client manager, Hargrove & Lenoir",
        "Voit les demandes de Londres et de Paris",
        "Sees every request of London and Paris",
        "client_manager",
    ),
    Persona(
        "lea.martin@nord-infogerance.example",
        "Léa Martin",
        "Technicienne N1, Lille",
        "Level 1 agent, Lille",
        "Qualifie, répond, résout",
        "Sorts, answers, solves",
        "agent",
    ),
    Persona(
        "emily.tremblay@nord-infogerance.example",
        "Emily Tremblay",
        "Spécialiste N2, Montréal",
        "Level 2 specialist, Montréal",
        "Reprend les tickets la nuit, en anglais",
        "Takes over at night, in English",
        "agent",
    ),
    Persona(
        "karim.benali@nord-infogerance.example",
        "Karim Benali",
        "Coordinateur",
        "Dispatcher",
        "Répartit et surveille les échéances",
        "Distributes work, watches the clocks",
        "dispatcher",
    ),
    Persona(
        "nathalie.caron@nord-infogerance.example",
        "Nathalie Caron",
        "Responsable du centre de services",
        "Desk manager",
        "Suit la charge, la qualité et les équipes",
        "Follows load, quality and teams",
        "desk_manager",
    ),
    Persona(
        "sophie.lefevre@nord-infogerance.example",
        "Sophie Lefèvre",
        "Responsable de contrats de services",
        "Service delivery manager",
        "Tient les engagements de ses clients",
        "Keeps the promises made to her clients",
        "delivery_manager",
    ),
    Persona(
        "antoine.moreau@nord-infogerance.example",
        "Antoine Moreau",
        "Administrateur",
        "Administrator",
        "Règle personnes, rôles, contrats, calendriers",
        "Sets up people, roles, contracts, calendars",
        "administrator",
    ),
]
