"""The tree of RFC 6962, against its test vectors and its definition."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import merkle

# The inputs and roots of the reference implementations (google/certificate-transparency, cpp/merkletree/
# merkle_tree_test.cc; also transparency-dev/merkle, testonly/constants.go).
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(9))
def test_the_root_of_the_first_leaves_is_the_known_one(size):
    _, frontier = merkle.frontier_of(merkle.leaf_hash(leaf) for leaf in LEAVES[:size])

    assert merkle.root(frontier).hex() == ROOTS[size]


def defined(leaves):
    """Compute the tree hash as RFC 6962, 2.1, writes it down."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + defined(leaves[:k]) + defined(leaves[k:])).digest()


@given(st.lists(st.binary(max_size=4), max_size=70))
def test_a_tree_that_grew_leaf_by_leaf_is_the_tree_of_the_definition(leaves):
    size, frontier = merkle.frontier_of(merkle.leaf_hash(leaf) for leaf in leaves)

    assert (size, merkle.root(frontier)) == (len(leaves), defined(leaves))


@given(st.integers(0, 300))
def test_the_frontier_is_as_long_as_the_size_has_bits_set(size):
    _, frontier = merkle.frontier_of([b"\x00" * 32] * size)

    assert len(frontier) == size.bit_count() * 32
