"""The six clients of the demonstration: places, contract, size. Plain tables."""
# ruff: noqa: E501

from __future__ import annotations

from dataclasses import dataclass

HOUR = 3600
COMMON = (
    "poste", "messagerie", "collaboration", "comptes", "reseau", "acces-distant", "telephonie", "impression",
    "sauvegarde", "serveurs",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    name: str
    zone: str = "Europe/Paris"
    country: str = "FR"
    part: str = ""
    address: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class ClientSpec:
    """``share`` of the tickets; ``targets``: priority → (response, resolution) in seconds and calendar code."""

    code: str
    name: str
    legal: str
    accent: str
    domain: str
    language: str
    english: float
    zone: str
    confidentiality: str
    people: int
    share: float
    places: tuple[Place, ...]
    entities: tuple[str, ...]
    services: tuple[str, ...]
    calendar: str
    targets: dict[int, tuple[int, int, str]]
    jobs: tuple[str, ...]
    supplier_pauses: bool = False
    matrix: list[list[int]] | None = None
    follow_site: bool = True


def _targets(
    calendar: str, *hours: tuple[float, float], critical: str = ""
) -> dict[int, tuple[int, int, str]]:
    return {
        priority: (
            int(response * HOUR),
            int(resolution * HOUR),
            critical if critical and priority <= 2 else calendar,
        )
        for priority, (response, resolution) in enumerate(hours, start=1)
    }


CLIENTS: tuple[ClientSpec, ...] = (
    ClientSpec(
        "ARTOIS", "Hôpitaux de l’Artois", "Groupement hospitalier de l’Artois", "#0f766e", "hopitaux-artois.example",
        "fr", 0.03, "Europe/Paris", "regulated", 190, 0.24,
        (Place("Arras – site principal", address="57 avenue Winston-Churchill, 62000 Arras", notes="Blocs et réanimation : appeler le cadre de nuit avant toute intervention."),
         Place("Lens – pôle mère-enfant"), Place("Béthune – gériatrie")),
        ("Urgences", "Bloc opératoire", "Administration", "Pharmacie", "Imagerie"),
        (*COMMON, "patient"), "k7-19",
        _targets("k7-19", (0.25, 4), (0.5, 8), (2, 16), (4, 30), (8, 60), critical="k24x7"),
        ("Infirmière", "Cadre de santé", "Médecin", "Secrétaire médicale", "Pharmacien", "Gestionnaire"),
        matrix=[[1, 1, 2], [2, 2, 3], [3, 4, 5]],
    ),
    ClientSpec(
        "VALMONT", "Valmont Industries", "Valmont Industries SA", "#b45309", "valmont.example",
        "fr", 0.14, "Europe/Paris", "standard", 130, 0.2,
        (Place("Roubaix – siège", address="12 rue de la Lainière, 59100 Roubaix"),
         Place("Strasbourg – usine", part="67", address="3 route du Rhin, 67100 Strasbourg", notes="Badge et chaussures de sécurité à demander au poste de garde."),
         Place("Lyon – bureau d’études")),
        ("Production", "Qualité", "Logistique", "Finance", "Bureau d’études"),
        (*COMMON, "erp"), "k8-18",
        _targets("k8-18", (0.25, 4), (0.5, 8), (1, 16), (2, 24), (4, 40)),
        ("Responsable de production", "Acheteuse", "Comptable", "Ingénieur qualité", "Dessinateur", "Chef d’équipe"),
    ),
    ClientSpec(
        "BERTHIER", "Maison Berthier", "Berthier Distribution SAS", "#9d174d", "maison-berthier.example",
        "fr", 0.06, "Europe/Paris", "standard", 95, 0.16,
        (Place("Lille – siège"), Place("Paris – Haussmann"), Place("Nantes – Crébillon"), Place("Bordeaux – Sainte-Catherine")),
        ("Magasins", "Achats", "E-commerce", "Ressources humaines"),
        (*COMMON, "erp", "caisses"), "k7-19",
        _targets("k7-19", (0.25, 4), (0.5, 8), (2, 20), (4, 36), (8, 60)),
        ("Directrice de magasin", "Vendeur", "Chef de rayon", "Acheteur", "Assistante RH"),
        supplier_pauses=True,
    ),
    ClientSpec(
        "CAPS", "Métropole des Deux-Caps", "Métropole des Deux-Caps", "#1d4ed8", "deux-caps.example",
        "fr", 0.03, "Europe/Paris", "sensitive", 85, 0.12,
        (Place("Hôtel de métropole"), Place("Centre technique"), Place("Médiathèque")),
        ("État civil", "Urbanisme", "Finances", "Services techniques"),
        (*COMMON, "erp", "documents"), "k8-18",
        _targets("k8-18", (0.5, 8), (1, 12), (2, 24), (4, 40), (8, 60)),
        ("Agent d’accueil", "Instructrice", "Chargé de mission", "Directeur de service", "Bibliothécaire"),
    ),
    ClientSpec(
        "HARGROVE", "Hargrove & Lenoir", "Hargrove & Lenoir LLP", "#4c1d95", "hargrove.example",
        "en", 0.94, "Europe/Paris", "sensitive", 55, 0.17,
        (Place("Paris – rue de la Paix"), Place("London – Fleet Street", "Europe/London", "GB", "ENG")),
        ("Litigation", "Corporate", "Tax", "Support"),
        (*COMMON, "documents"), "suivi-du-soleil",
        _targets("suivi-du-soleil", (0.25, 4), (0.5, 8), (1, 16), (2, 30), (4, 50)),
        ("Partner", "Associate", "Paralegal", "Legal assistant", "Office manager"), follow_site=False,
    ),
    ClientSpec(
        "BOREAL", "Boréal Logiciels", "Boréal Logiciels inc.", "#0369a1", "boreal.example",
        "fr", 0.6, "America/Toronto", "standard", 45, 0.11,
        (Place("Montréal – Mile End", "America/Toronto", "CA", "QC"), Place("Québec – Saint-Roch", "America/Toronto", "CA", "QC")),
        ("Développement", "Produit", "Ventes"),
        (*COMMON, "integration"), "quebec",
        _targets("quebec", (0.5, 4), (1, 8), (2, 16), (4, 27), (8, 45)),
        ("Développeuse", "Product owner", "Analyste", "Chef de produit", "Sales engineer"),
    ),
)  # fmt: skip

# Contacts that the sign-in page offers: address → (name, client, place index, roles, VIP reason, job, language)
PERSONAS: dict[str, tuple[str, str, int, tuple[str, ...], str, str, str]] = {
    "claire.dubois@valmont.example": ("Claire Dubois", "VALMONT", 0, ("user",), "", "Acheteuse", "fr"),
    "philippe.garnier@valmont.example": ("Philippe Garnier", "VALMONT", 0, ("user", "client_manager", "approver"), "", "Directeur des systèmes d’information", "fr"),
    "isabelle.roche@valmont.example": ("Isabelle Roche", "VALMONT", 0, ("user",), "Comité de direction", "Directrice générale", "fr"),
    "julien.mercier@valmont.example": ("Julien Mercier", "VALMONT", 1, ("user", "key_user"), "", "Responsable de production", "fr"),
    "margaret.ellis@hargrove.example": ("Margaret Ellis", "HARGROVE", 1, ("user", "client_manager", "approver"), "", "Chief operating officer", "en"),
}  # fmt: skip
