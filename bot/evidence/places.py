"""Where a pack is written to and read from: a folder, or a zip file with nothing in it that may vary.

Written under another name and put in place when it is whole; what is not an earlier pack is never replaced.
Zip files are stored, not compressed: compressors differ, and spare bits in them could change unnoticed.
"""

import filecmp
import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Protocol

from workflows.errors import LedgerCorrupt, Misconfigured

MANIFEST = "manifest.json"
REDACTED = ".redacted.toml"  #: a policy that named somebody who was erased; no longer the bytes of its name
EPOCH = (1980, 1, 1, 0, 0, 0)  #: the earliest time a zip file can say


class Place(Protocol):
    """Something files are put into, once each."""

    def put(self, name: str, data: bytes) -> None: ...


class Files(Protocol):
    """Something files are read from."""

    def names(self) -> frozenset[str]: ...
    def read(self, name: str) -> bytes: ...


class Kept:
    """Puts files into a place and remembers the sha256 of each."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.digests: dict[str, str] = {}

    def put(self, name: str, data: bytes) -> None:
        if name in self.digests:
            raise ValueError(f"{name} was written already")
        self._place.put(name, data)
        self.digests[name] = hashlib.sha256(data).hexdigest()


@contextmanager
def written(out: Path) -> Iterator[Place]:
    """Give a place that becomes ``out`` if all goes well, and leaves nothing behind if not."""
    _require_ours(out)
    make = _zip if out.suffix == ".zip" else _folder
    try:
        with make(out) as place:
            yield place
    except OSError as error:
        raise Misconfigured(f"{out} cannot be written: {error.strerror or error}.") from error


def _require_ours(out: Path) -> None:
    """Raise ``Misconfigured`` if something is there that no earlier export put there."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    try:
        if MANIFEST in opened(out).names():
            return
    except LedgerCorrupt:
        pass
    raise Misconfigured(
        f"{out} is there already and is no evidence pack; it is left as it is. Name another place."
    )


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, data: bytes) -> None:
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


@contextmanager
def _folder(out: Path) -> Iterator[Place]:
    out.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        yield _Folder(made)
        made.chmod(0o755)
        if out.exists():
            old = made.with_name(made.name + ".old")
            out.rename(old)
            made.rename(out)
            shutil.rmtree(old)
        else:
            made.rename(out)
    finally:
        shutil.rmtree(made, ignore_errors=True)


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def put(self, name: str, data: bytes) -> None:
        entry = zipfile.ZipInfo(name, EPOCH)
        entry.create_system = 3
        entry.external_attr = 0o100644 << 16
        self._archive.writestr(entry, data, zipfile.ZIP_STORED)


@contextmanager
def _zip(out: Path) -> Iterator[Place]:
    out.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
    made = Path(name)
    try:
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w") as archive:
            yield _Zip(archive)
        made.chmod(0o644)
        made.replace(out)
    finally:
        made.unlink(missing_ok=True)


# --- reading ---------------------------------------------------------------------------------------


def opened(place: Path) -> Files:
    """Open a pack; raises ``LedgerCorrupt`` if it is neither a folder nor a zip file as we write them."""
    if place.is_dir():
        return FolderFiles(place)
    if place.is_file():
        return ZipFiles(place)
    raise LedgerCorrupt(f"{place} is not there.")


class FolderFiles:
    """A pack in a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._names = frozenset(self._walk())

    def _walk(self) -> Iterator[str]:
        for path in self._root.rglob("*"):
            name = path.relative_to(self._root).as_posix()
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                raise LedgerCorrupt(f"{name} is no file; an evidence pack has only files in it.")
            if path.is_file():
                yield name

    def names(self) -> frozenset[str]:
        return self._names

    def read(self, name: str) -> bytes:
        if name not in self._names:
            raise LedgerCorrupt(f"{name} is missing.")
        try:
            return (self._root / name).read_bytes()
        except OSError as error:
            raise LedgerCorrupt(f"{name} cannot be read: {error.strerror}.") from error


class ZipFiles:
    """A pack in a zip file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._archive = zipfile.ZipFile(path)
            self._listed = [entry.filename for entry in self._archive.infolist()]
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise LedgerCorrupt(f"{path} is no whole zip file.") from error
        if len(set(self._listed)) != len(self._listed) or not all(map(_inside, self._listed)):
            raise LedgerCorrupt(f"{path} names a file twice, or one outside of it.")

    def names(self) -> frozenset[str]:
        return frozenset(self._listed)

    def read(self, name: str) -> bytes:
        try:
            return self._archive.read(name)
        except KeyError as error:
            raise LedgerCorrupt(f"{name} is missing.") from error
        except (
            zipfile.BadZipFile,
            OSError,
            ValueError,
            EOFError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            raise LedgerCorrupt(f"{name} cannot be read: the zip file is damaged.") from error

    def require_ours(self) -> None:
        """Raise ``LedgerCorrupt`` unless the zip file is, to the byte, what its files make."""
        with tempfile.TemporaryDirectory() as place:
            again = Path(place) / "again.zip"
            with zipfile.ZipFile(again, "w") as archive:
                for name in self._listed:
                    _Zip(archive).put(name, self.read(name))
            if not filecmp.cmp(again, self._path, shallow=False):
                raise LedgerCorrupt(f"{self._path} has bytes in it that belong to none of its files.")


def _inside(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return bool(parts) and not name.startswith("/") and ".." not in parts and "\\" not in name
