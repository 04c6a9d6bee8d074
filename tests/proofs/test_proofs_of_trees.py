"""Proofs are those of the definition, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import merkle
from tests.proofs import naive

LEAVES = [n.to_bytes(2) for n in range(300)]
SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 100, 255, 256, 257, 300]


def nodes(level, index):
    """Answer from the definition."""
    return naive.mth(LEAVES[index << level : (index + 1) << level])


def hashed(index):
    return merkle.leaf_hash(LEAVES[index])


@st.composite
def positions(draw):
    size = draw(st.integers(1, len(LEAVES)))
    return draw(st.integers(0, size - 1)), size


@st.composite
def sizes(draw):
    second = draw(st.integers(1, len(LEAVES)))
    return draw(st.integers(1, second)), second


@given(positions())
def test_a_path_is_the_one_of_the_definition_and_is_verified(position):
    index, size = position
    path = merkle.inclusion(index, size, nodes)

    assert path == naive.path(index, LEAVES[:size])
    assert merkle.verify_inclusion(hashed(index), index, size, path, naive.mth(LEAVES[:size]))


@given(positions())
def test_with_all_nodes_at_hand_a_path_is_the_same(position):
    index, size = position
    levels = merkle.Levels(b"".join(hashed(i) for i in range(size)))

    assert levels.path(index) == naive.path(index, LEAVES[:size])
    assert merkle.root_at(size, levels) == naive.mth(LEAVES[:size])


@given(sizes())
def test_a_proof_of_growth_is_the_one_of_the_definition_and_is_verified(pair):
    first, second = pair
    proof = merkle.consistency(first, second, nodes)

    assert proof == naive.proof(first, LEAVES[:second])
    assert merkle.verify_consistency(
        first, second, proof, naive.mth(LEAVES[:first]), naive.mth(LEAVES[:second])
    )


@pytest.mark.parametrize("size", [0, *SIZES])
def test_the_root_of_any_size_is_the_one_of_the_definition(size):
    assert merkle.root_at(size, nodes) == naive.mth(LEAVES[:size])


@given(positions(), st.data())
def test_a_path_proves_nothing_for_another_entry_place_size_or_root(position, data):
    index, size = position
    path, root = merkle.inclusion(index, size, nodes), naive.mth(LEAVES[:size])
    other = data.draw(st.integers(-1, size + 1).filter(lambda n: n != index))

    assert not merkle.verify_inclusion(hashed(index), other, size, path, root)
    assert not merkle.verify_inclusion(
        hashed(index) if size > 1 else b"\1" * 32, index, size, path, b"\0" * 32
    )
    assert not merkle.verify_inclusion(b"\0" * 32, index, size, path, root)
    assert not merkle.verify_inclusion(hashed(index), index, size, [*path, b"\0" * 32], root)
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        assert not merkle.verify_inclusion(hashed(index), index, size, path[:-1], root)
        assert not merkle.verify_inclusion(
            hashed(index), index, size, [*path[:at], b"\0" * 32, *path[at + 1 :]], root
        )


@given(sizes(), st.data())
def test_a_proof_of_growth_proves_nothing_about_other_roots_and_sizes(pair, data):
    first, second = pair
    proof = merkle.consistency(first, second, nodes)
    old, new = naive.mth(LEAVES[:first]), naive.mth(LEAVES[:second])

    assert not merkle.verify_consistency(first, second, proof, b"\0" * 32, new)
    assert not merkle.verify_consistency(first, second, proof, old, b"\0" * 32)
    assert not merkle.verify_consistency(first, second, [*proof, b"\0" * 32], old, new)
    assert not merkle.verify_consistency(second + 1, second, proof, old, new)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        assert not merkle.verify_consistency(first, second, proof[:-1], old, new)
        assert not merkle.verify_consistency(
            first, second, [*proof[:at], b"\0" * 32, *proof[at + 1 :]], old, new
        )


def test_the_empty_tree_is_how_every_tree_began():
    assert merkle.consistency(0, 5, nodes) == []
    assert merkle.verify_consistency(0, 5, [], merkle.EMPTY, naive.mth(LEAVES[:5]))
    assert not merkle.verify_consistency(0, 5, [], b"\0" * 32, naive.mth(LEAVES[:5]))
    assert not merkle.verify_consistency(0, 5, [b"\0" * 32], merkle.EMPTY, naive.mth(LEAVES[:5]))
