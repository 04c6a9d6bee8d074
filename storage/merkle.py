"""The tree of RFC 6962: how it grows, what proves something about it, and how a proof is checked.

No database here, so that a proof can be checked by whoever has nothing but files.  The frontier is the
list of roots of the perfect subtrees that make up a tree, largest first: one for each bit of its size.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence

WIDTH = 32
EMPTY = hashlib.sha256(b"").digest()  #: the root of the empty tree (RFC 6962, 2.1)

#: Answers with the root of the perfect subtree of ``2**level`` leaves that is number ``index`` of its level.
Nodes = Callable[[int, int], bytes]

#: A node on the way from the root to a leaf: where it begins, is halved and ends, and whether left is next.
Turn = tuple[int, int, int, bool]


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


# --- growing ---------------------------------------------------------------------------------------


def grown(size: int, frontier: bytes, leaf: bytes) -> tuple[int, bytes]:
    """Return size and frontier of the tree with one more leaf hash."""
    rest, node, end = size, leaf, len(frontier)
    while rest & 1:
        node = node_hash(frontier[end - WIDTH : end], node)
        end -= WIDTH
        rest >>= 1
    return size + 1, frontier[:end] + node


def root(frontier: bytes) -> bytes:
    """Return the root of the tree the frontier belongs to."""
    roots = split(frontier)
    return _joined(roots) if roots else EMPTY


def split(hashes: bytes) -> list[bytes]:
    """Cut hashes that stand side by side."""
    return [hashes[i : i + WIDTH] for i in range(0, len(hashes), WIDTH)]


def _joined(roots: list[bytes]) -> bytes:
    whole = roots.pop()
    while roots:
        whole = node_hash(roots.pop(), whole)
    return whole


def frontier_of(leaves: Iterable[bytes]) -> tuple[int, bytes]:
    """Return size and frontier of the tree over ``leaves`` (hashes)."""
    size, frontier = 0, b""
    for leaf in leaves:
        size, frontier = grown(size, frontier, leaf)
    return size, frontier


def perfect(hashes: Sequence[bytes]) -> bytes:
    """Return the root over as many hashes as a power of two."""
    while len(hashes) > 1:
        hashes = [node_hash(*pair) for pair in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


class Levels:
    """All nodes of a tree, side by side per level: 64 bytes a leaf, where many proofs are wanted at once."""

    def __init__(self, hashes: bytes) -> None:
        self._levels = [hashes]
        self._edge = [hashes[-WIDTH:]]  # the last node of each level, whole or not
        while len(below := self._levels[-1]) >= 2 * WIDTH:
            nodes = split(below[: len(below) - len(below) % (2 * WIDTH)])
            pairs = zip(nodes[::2], nodes[1::2], strict=True)
            self._levels.append(b"".join(node_hash(left, right) for left, right in pairs))
        size = len(hashes) // WIDTH
        for level in range((size - 1).bit_length() if size else 0):
            last = (size - 1) >> level
            edge = self._edge[level]
            self._edge.append(node_hash(self(level, last - 1), edge) if last & 1 else edge)

    def __call__(self, level: int, index: int) -> bytes:
        return self._levels[level][index * WIDTH : (index + 1) * WIDTH]

    def path(self, index: int) -> list[bytes]:
        """Return what ``inclusion`` does for the whole tree, without asking for each part of each half."""
        last, nodes = len(self._levels[0]) // WIDTH - 1, []
        for level, edge in enumerate(self._edge[:-1]):
            other = (index >> level) ^ 1
            if other < last >> level:
                nodes.append(self(level, other))
            elif other == last >> level:
                nodes.append(edge)
        return nodes


# --- proving ---------------------------------------------------------------------------------------


def peaks(start: int, end: int, nodes: Nodes) -> list[bytes]:
    """Return the roots of the perfect subtrees that make up the leaves from ``start`` to ``end``, in order.

    Where ``start`` is not 0, the leaves must be a right part as the tree is halved.
    """
    roots = []
    while start < end:
        level = (end - start).bit_length() - 1
        roots.append(nodes(level, start >> level))
        start += 1 << level
    return roots


def root_at(size: int, nodes: Nodes) -> bytes:
    """Return the root of the tree over the first ``size`` leaves."""
    return _joined(peaks(0, size, nodes)) if size else EMPTY


def inclusion(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """Return the path of leaf ``index`` (from 0) in the tree of ``size``, from its neighbour upwards."""
    halves = [_other(start, middle, end, left=left) for start, middle, end, left in _way(index, size)]
    return [_joined(peaks(*half, nodes)) for half in reversed(halves)]


def consistency(first: int, second: int, nodes: Nodes) -> list[bytes]:
    """Return the proof that the tree of ``first`` leaves is how the tree of ``second`` began."""
    if first in (0, second):
        return []
    way, (start, end) = _split_at(first, second)
    halves = [_other(*step[:3], left=step[3]) for step in way]
    seed = [] if start == 0 else [(start, end)]  # the old root itself needs no proving
    return [_joined(peaks(*half, nodes)) for half in [*seed, *reversed(halves)]]


def _way(index: int, size: int) -> Iterator[Turn]:
    """Go from the root to a leaf."""
    start, end = 0, size
    while end - start > 1:
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        left = index < middle
        yield start, middle, end, left
        start, end = (start, middle) if left else (middle, end)


def _split_at(first: int, second: int) -> tuple[list[Turn], tuple[int, int]]:
    """Go from the root of ``second`` leaves down to the subtree that ends where ``first`` leaves end."""
    way: list[Turn] = []
    for start, middle, end, left in _way(first - 1, second):
        if end == first:
            return way, (start, end)
        way.append((start, middle, end, left))
    return way, (first - 1, first)


def _other(start: int, middle: int, end: int, *, left: bool) -> tuple[int, int]:
    return (middle, end) if left else (start, middle)


# --- checking --------------------------------------------------------------------------------------


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Say whether ``path`` proves that the leaf with this hash is number ``index`` under ``root``."""
    if not 0 <= index < size:
        return False
    turns = [left for _, _, _, left in _way(index, size)]
    if len(turns) != len(path):
        return False
    node = leaf
    for left, other in zip(reversed(turns), path, strict=True):
        node = node_hash(node, other) if left else node_hash(other, node)
    return node == root


def verify_consistency(
    first: int, second: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes
) -> bool:
    """Say whether ``proof`` proves that the tree of ``first`` leaves is how that of ``second`` began."""
    if not 0 <= first <= second:
        return False
    if first in (0, second):
        expected = EMPTY if first == 0 else second_root
        return not proof and first_root == expected
    way, (start, _) = _split_at(first, second)
    hashes = [first_root, *proof] if start == 0 else list(proof)
    if len(hashes) != len(way) + 1:
        return False
    old = new = hashes[0]
    for (_, _, _, left), other in zip(reversed(way), hashes[1:], strict=True):
        if not left:
            old = node_hash(other, old)
        new = node_hash(new, other) if left else node_hash(other, new)
    return old == first_root and new == second_root
