"""Tiles and bundles: named as C2SP ``tlog-tiles`` says, complete, and enough to make the tree again."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import merkle
from storage.tiles import Tile, bundle, hashes_of, tiles_of, unbundle
from tests.proofs import naive
from workflows.errors import LedgerCorrupt


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 7, 5), "tile/0/007.p/5"),
        (Tile(1, 999), "tile/1/999"),
        (Tile(0, 1000), "tile/0/x001/000"),
        (Tile(0, 1234), "tile/0/x001/234"),
        (Tile(0, 1234067, 255), "tile/0/x001/x234/067.p/255"),
    ],
)
def test_a_tile_is_named_as_the_format_says(tile, path):
    assert tile.path == path
    assert tile.entries_path == path.replace(f"tile/{tile.level}/", "tile/entries/")


def test_the_tiles_of_seventy_thousand_entries_are_those_of_the_formats_own_example():
    found = list(tiles_of(70_000))

    count = {(level, full): 0 for level in (0, 1, 2) for full in (True, False)}
    for tile in found:
        count[tile.level, tile.width == 256] += 1
    assert count == {(0, True): 273, (0, False): 1, (1, True): 1, (1, False): 1, (2, True): 0, (2, False): 1}
    assert [tile.width for tile in found if tile.width < 256] == [112, 17, 1]


def test_a_tree_of_one_whole_tile_has_a_second_of_width_one():
    assert [tile.path for tile in tiles_of(256)] == ["tile/0/000", "tile/1/000.p/1"]


@given(st.integers(0, 70_000), st.integers(0, 70_000))
def test_what_is_new_since_a_size_is_all_that_was_not_there_at_that_size(one, other):
    since, size = sorted((one, other))
    before, after = {t.path for t in tiles_of(since)}, {t.path for t in tiles_of(size)}

    assert {t.path for t in tiles_of(size, since)} == after - before


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_gives_its_entries_back(leaves):
    assert unbundle(bundle(leaves)) == leaves


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x02a", b"\x00\x01a\x00"])
def test_a_bundle_that_was_cut_is_refused(data):
    with pytest.raises(LedgerCorrupt, match="ends within"):
        unbundle(data)


def test_a_tile_of_another_length_is_refused():
    with pytest.raises(LedgerCorrupt, match=r"tile/0/000\.p/2 has 63 bytes instead of 64"):
        hashes_of(Tile(0, 0, 2), b"\0" * 63)


def test_an_entry_of_the_longest_kind_fits_and_a_longer_one_does_not():
    assert unbundle(bundle([b"x" * 65_535])) == [b"x" * 65_535]
    with pytest.raises(Exception, match="65535"):
        bundle([b"x" * 65_536])


def test_the_exported_tiles_are_the_tree(memory, grow):
    grow(600)
    files = dict(memory.tiles(0, 600))

    assert set(files) == {
        "tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2",
        "tile/entries/000", "tile/entries/001", "tile/entries/002.p/88",
    }  # fmt: skip
    leaves = [leaf for path in sorted(files) if "entries" in path for leaf in unbundle(files[path])]
    hashes = b"".join(files[path] for path in sorted(files) if "tile/0/" in path)
    assert leaves == [memory.leaf(n)[0] for n in range(1, 601)]
    assert hashes == b"".join(hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves)
    assert merkle.split(files["tile/1/000.p/2"]) == [naive.mth(leaves[:256]), naive.mth(leaves[256:512])]


def test_only_what_is_new_is_exported(memory, grow):
    grow(300)
    first = dict(memory.tiles(0, 300))
    grow(300)
    second = dict(memory.tiles(300, 600))

    assert set(second) == {
        "tile/0/001", "tile/entries/001", "tile/0/002.p/88", "tile/entries/002.p/88", "tile/1/000.p/2",
    }  # fmt: skip
    assert (first | second).items() >= dict(memory.tiles(0, 600)).items()
    assert list(memory.tiles(600, 600)) == []


def test_an_export_of_an_earlier_size_is_what_it_was_then(memory, grow):
    grow(300)
    before = list(memory.tiles(0, 300))
    grow(300)

    assert list(memory.tiles(0, 300)) == before
