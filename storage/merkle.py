"""The tree of RFC 6962, and the frontier that lets it grow without reading it.

The frontier is the list of roots of the perfect subtrees that make up a tree, largest first: one for each
bit that is set in its size.
"""

import hashlib
from collections.abc import Iterable

WIDTH = 32
EMPTY = hashlib.sha256(b"").digest()  #: the root of the empty tree (RFC 6962, 2.1)


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def grown(size: int, frontier: bytes, leaf: bytes) -> tuple[int, bytes]:
    """Return size and frontier of the tree with one more leaf hash."""
    roots, rest = [frontier[i : i + WIDTH] for i in range(0, len(frontier), WIDTH)], size
    node = leaf
    while rest & 1:
        node = node_hash(roots.pop(), node)
        rest >>= 1
    return size + 1, b"".join([*roots, node])


def root(frontier: bytes) -> bytes:
    """Return the root of the tree the frontier belongs to."""
    roots = [frontier[i : i + WIDTH] for i in range(0, len(frontier), WIDTH)]
    if not roots:
        return EMPTY
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
