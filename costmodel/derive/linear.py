"""Linear equations over the rationals, for exponents and weights."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

Row = list[Any]


def reduced(rows: Sequence[Sequence[Any]]) -> tuple[list[Row], list[int]]:
    """Reduced row echelon form and the pivot columns.

    >>> rows, pivots = reduced([[2, 1, 4], [4, 2, 8]])
    >>> [str(x) for x in rows[0]], pivots
    (['1', '1/2', '2'], [0])
    """
    table = [[Fraction(x) for x in row] for row in rows]
    pivots: list[int] = []
    columns = len(table[0]) if table else 0
    for column in range(columns):
        start = len(pivots)
        found = next((i for i in range(start, len(table)) if table[i][column]), None)
        if found is None:
            continue
        table[start], table[found] = table[found], table[start]
        pivot = table[start][column]
        table[start] = [x / pivot for x in table[start]]
        for i, row in enumerate(table):
            if i != start and row[column]:
                factor = row[column]
                table[i] = [x - factor * y for x, y in zip(row, table[start], strict=True)]
        pivots.append(column)
        if len(pivots) == len(table):
            break
    return table, pivots


def solve(matrix: Sequence[Sequence[Any]], right: Sequence[Any]) -> tuple[list[Any], int] | None:
    """A solution of ``matrix x = right``, free unknowns 0, and how many are free; None if none."""
    unknowns = len(matrix[0]) if matrix else 0
    table, pivots = reduced([[*row, b] for row, b in zip(matrix, right, strict=True)])
    if unknowns in pivots:
        return None
    solution: list[Any] = [Fraction(0)] * unknowns
    for row, pivot in zip(table, pivots, strict=False):
        solution[pivot] = row[unknowns]
    return solution, unknowns - len(pivots)


def rank(rows: Sequence[Sequence[Any]]) -> int:
    """How many of the *rows* are independent."""
    return len(reduced(rows)[1])
