"""Machines, codes and names that fill the places of a conversation, the same through one ticket."""

from __future__ import annotations

import random

FOLDERS = {
    "fr": (
        "Clôture mensuelle", "Appels d’offres", "Plannings", "Qualité fournisseurs", "Contrats cadres", "Budget", "Projet Horizon",
        "Marchés publics", "Suivi des incidents", "Formation", "Tarifs", "Inventaire", "Comité de pilotage", "Archives",
    ),
    "en": (
        "Board pack", "Closing documents", "Project Horizon", "Billing", "Due diligence", "Release notes", "Training", "Claims",
        "Annual report", "Client onboarding", "Pricing", "Team schedule", "Research", "Audit",
    ),
}  # fmt: skip
CODES = (
    "0x80070005",
    "0x800B0109",
    "E-412",
    "809",
    "691",
    "0x0000007E",
    "IRQL-31",
    "TLS-13",
    "C7990",
    "SC-542",
    "504",
    "ERR-1187",
)


def slots_of(
    chance: random.Random, language: str, *, requester: str, colleague: str, site: str, code: str
) -> dict[str, str]:
    """Values for every place that the texts know. ``code`` is the client's."""
    hour, minute = chance.randrange(7, 18), chance.choice((0, 5, 10, 15, 20, 25, 30, 40, 45, 50, 55))
    short = "".join(part[0] for part in site.replace("–", " ").split() if part[:1].isalpha())[:3].upper()
    clock = f"{hour}\u00a0h\u00a0{minute:02d}" if minute else f"{hour}\u00a0h"
    return {
        "pc": f"{chance.choice(('PC', 'PT', 'LT'))}-{short}-{chance.randrange(100, 2000):04d}",
        "imp": f"IMP-{short}-{chance.randrange(1, 60):02d}",
        "srv": f"{code.lower()[:4]}-{chance.choice(('srv', 'app', 'fic', 'bdd', 'web'))}-{chance.randrange(1, 20):02d}",
        "n": str(chance.randrange(2, 10)),
        "N": str(chance.randrange(11, 99)),
        "code": chance.choice(CODES),
        "site": site,
        "user": requester,
        "prenom": requester.split()[0],
        "collegue": colleague,
        "tel": f"{chance.randrange(1000, 9999)}",
        "dossier": f"{chance.choice(FOLDERS[language])} {chance.randrange(2, 60)}",
        "heure": clock if language == "fr" else f"{hour:02d}:{minute:02d}",
        "ref": f"{chance.randrange(10_000, 99_999)}",
        "ver": f"{chance.randrange(2, 25)}.{chance.randrange(0, 9)}.{chance.randrange(1, 400)}",
        "ip": f"10.{chance.randrange(10, 90)}.{chance.randrange(0, 255)}.{chance.randrange(2, 250)}",
    }
