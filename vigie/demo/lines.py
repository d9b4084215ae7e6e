"""Lines of the demonstration's first contracts beside their targets: what is charged, and the news that are promised."""

from __future__ import annotations

from decimal import Decimal

from vigie.contracts.models import Commitment, ContractVersion, PriceLine

# client → fee of the month, price of a device
PRICES: dict[str, tuple[str, str]] = {
    "ARTOIS": ("31200.00", "11.80"), "VALMONT": ("28400.00", "12.40"), "BERTHIER": ("21500.00", "13.10"),
    "CAPS": ("15800.00", "12.90"), "HARGROVE": ("16900.00", "18.50"), "BOREAL": ("11900.00", "14.20"),
}  # fmt: skip

# client, clock, priority, minutes: news and replies, in the hours of what is promised to be resolved
NEWS = (
    ("BERTHIER", "update", 1, 120), ("BERTHIER", "update", 2, 360), ("BERTHIER", "reply", None, 600),
    ("HARGROVE", "reply", None, 480),
)  # fmt: skip


def news_lines(code: str, version: ContractVersion) -> None:
    """Two clients are promised news and replies."""
    promised = {row.priority: row for row in Commitment.objects.filter(version=version, kind="resolution")}
    line = Commitment.objects.filter(version=version).count()
    for client, kind, priority, minutes in NEWS:
        if client == code:
            like, line = promised[priority or 3], line + 1
            Commitment.objects.create(
                organisation_id=version.organisation_id, version=version, line=line, kind=kind, priority=priority,
                target_seconds=minutes * 60, calendar=like.calendar, follow_site=like.follow_site,
            )  # fmt: skip


def price_lines(code: str, version: ContractVersion) -> None:
    """What the first version of a contract charges."""
    fee, device = PRICES[code]
    french = version.contract.organisation.language == "fr"
    PriceLine.objects.bulk_create(
        PriceLine(
            organisation_id=version.organisation_id, version=version, label_fr=fr, label_en=en, nature=nature,
            amount=Decimal(amount), unit=unit, period=period,
        )
        for fr, en, nature, amount, unit, period in (
            ("Centre de services et supervision", "Service desk and monitoring", "fee", fee, "", "month"),
            ("Poste de travail géré", "Managed device", "unit", device, "poste" if french else "device", "month"),
            ("Visite hors forfait", "Visit beyond the fee", "unit", "185.00", "visite" if french else "visit", "once"),
        )
    )  # fmt: skip
