"""Groups related samples, so that a split never separates them."""

from __future__ import annotations

from collections.abc import Iterable


def connected_groups(
    count: int, pairs: Iterable[tuple[int, int]]
) -> list[list[int]]:
    """Returns the connected components of a graph.

    Args:
        count: Number of nodes, 0..count-1.
        pairs: Edges.

    Returns:
        Lists of nodes, each in ascending order, sorted by their first.
    """
    parent = list(range(count))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, j in pairs:
        first, second = sorted((root(i), root(j)))
        parent[second] = first
    groups: dict[int, list[int]] = {}
    for i in range(count):
        groups.setdefault(root(i), []).append(i)
    return list(groups.values())
