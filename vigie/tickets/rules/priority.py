"""Impact × urgency → priority, with a client's own matrix and the VIP rule. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from vigie.kernel.refusal import Refusal

Matrix = Sequence[Sequence[int]]

# priority = impact + urgency - 1 (ITIL-derived default), rows by impact 1..3, columns by urgency 1..3
DEFAULT_MATRIX: Matrix = ((1, 2, 3), (2, 3, 4), (3, 4, 5))


def check_matrix(matrix: Matrix) -> None:
    """Refuse a matrix that is not 3 × 3 of 1..5, or in which more impact or urgency lowers the priority."""
    if len(matrix) != 3 or any(len(row) != 3 for row in matrix):
        raise Refusal("tickets.bad_matrix", detail="3 × 3")
    for i in range(3):
        for j in range(3):
            if matrix[i][j] not in (1, 2, 3, 4, 5):
                raise Refusal("tickets.bad_matrix", detail=f"{matrix[i][j]}")
            if (i and matrix[i][j] < matrix[i - 1][j]) or (j and matrix[i][j] < matrix[i][j - 1]):
                raise Refusal("tickets.bad_matrix", detail=f"{i + 1} × {j + 1}")


def computed_priority(
    impact: int,
    urgency: int,
    *,
    matrix: Matrix = DEFAULT_MATRIX,
    is_vip: bool = False,
    vip_rule: str = "raise_urgency",
) -> int:
    """The priority 1..5 of ``impact`` and ``urgency`` (each 1..3).

    A VIP raises the urgency by one step, but never reaches better than P2 by that alone.
    """
    plain = matrix[impact - 1][urgency - 1]
    if not is_vip or vip_rule != "raise_urgency" or urgency == 1:
        return plain
    raised = matrix[impact - 1][urgency - 2]
    return min(plain, max(raised, 2))
