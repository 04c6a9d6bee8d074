"""The digests and reviews of periods in the evidence repository: each making a folder of its own, never overwritten.

What is filed are the digest's own bytes, as the ledger names them, and an account of its review made from entries
in which people are pseudonyms and their words commitments.  Everything arrives in the order of the ledger, however
long the repository was away.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from workflows import administration as ad
from workflows.changes import EmergencyChanges
from workflows.consequences import digest_delivery
from workflows.errors import Conflict, Declined, Unavailable
from workflows.events import Entry
from workflows.filed import FiledEntry, written
from workflows.period import Period
from workflows.ports import Clock, EvidenceRepository, Snapshot
from workflows.prose import ERASED
from workflows.reconciler import ASK_AGAIN, Bench
from workflows.vocabulary import SYSTEM
from workflows.work import Claimed

FORMAT = "emergency-change-review/1"
ROOT = "digests"
DIGEST, SIGNED, TESTED, OVERDUE = (
    kind.model_fields["kind"].default
    for kind in (ad.DigestMade, ad.ReviewSigned, ad.SelfTested, ad.ReviewOverdue)
)
OF_REVIEWS = (DIGEST, SIGNED, TESTED, OVERDUE)
#: What a digest's folder and an account's are called, before the number.
STEMS = {DIGEST: "v", SIGNED: "review-v", TESTED: "review-v"}
ANOTHER = timedelta(seconds=1)  #: until an earlier paper may be there

Pages = Callable[[ad.DigestMade], Mapping[str, bytes]]


@dataclass(frozen=True, slots=True)
class Paper:
    """One entry about a period's review, as it may be shown to anybody."""

    entry: FiledEntry

    @property
    def kind(self) -> str:
        return str(self.entry.leaf["kind"])

    @property
    def delivery(self) -> str:
        return str(self.entry.leaf["delivery"] or "")

    @property
    def body(self) -> Mapping[str, Any]:
        body: Mapping[str, Any] = self.entry.leaf["body"]
        return body

    @property
    def period(self) -> str:
        return str(self.body["period"])

    @property
    def filed(self) -> bool:
        """It is a digest, or something that an account of its review is due for."""
        return self.kind in STEMS and bool(self.delivery)


class Archive(Protocol):
    """What the ledger says about reviews."""

    def papers(self) -> Sequence[Paper]:
        """Return the entries about reviews of late, oldest first."""

    def of_kind(self, kind: type[ad.PapersFiled]) -> Sequence[ad.PapersFiled]:
        """Return what was filed, oldest first."""


class Papers:
    """Files one paper at a time, and those that come before it first."""

    def __init__(
        self,
        bench: Bench,
        archive: Archive,
        entry: Callable[[str], Entry | None],
        repository: EvidenceRepository,
        changes: EmergencyChanges,
        clock: Clock,
        *,
        pages: Pages,
        complain: Callable[[str], None],
    ) -> None:
        """``entry`` returns what came with a delivery, texts included; ``pages`` a digest's own files."""
        self._bench = bench
        self._archive = archive
        self._entry = entry
        self._repository = repository
        self._changes = changes
        self._clock = clock
        self._pages = pages
        self._complain = complain

    def work(self, claimed: Claimed) -> None:
        """File it; what was filed before is written again to where it was."""
        papers = self._archive.papers()
        try:
            for paper in self._until(claimed.subject, papers):
                if self._is_kept(claimed, paper):
                    self._file(claimed, paper, papers)
        except Unavailable as error:
            self._bench.postpone(claimed, str(error))
        except Declined as error:
            if not claimed.attempts:
                self._complain(
                    f"What is owed to {self._repository.where} about a review cannot be filed: {error}"
                )
            self._bench.postpone(claimed, str(error), ASK_AGAIN)
        except Conflict:
            return  # the claim has passed to somebody else
        else:
            self._bench.settle(claimed)

    def _until(self, subject: str, papers: Sequence[Paper]) -> Iterator[Paper]:
        """Yield what was not filed yet up to the one that is owed, and that one in any case."""
        filed = {one.of for one in self._filed()}
        for paper in papers:
            if paper.filed and (paper.delivery == subject or paper.delivery not in filed):
                yield paper
            if paper.delivery == subject:
                return

    def _is_kept(self, claimed: Claimed, paper: Paper) -> bool:
        """Say whether the digest can still be read; one that was kept long enough must not hold up the others.

        What is owed itself stays owed, or a copy that somebody altered outside would be found again and again.
        """
        made = self._entry(digest_delivery(paper.period, paper.body["version"]))
        if not isinstance(made, ad.DigestMade) or made.contents != ERASED:
            return True
        if paper.delivery == claimed.subject:
            raise Declined(f"The digest of {paper.period} is not kept any more.")
        return False

    def _filed(self) -> list[ad.PapersFiled]:
        here = self._repository.where
        return [one for one in self._archive.of_kind(ad.PapersFiled) if one.where == here]

    def _file(self, claimed: Claimed, paper: Paper, papers: Sequence[Paper]) -> None:
        files = self._files(paper, papers)
        known = next((one.folder for one in self._filed() if one.of == paper.delivery), "")
        folder = known

        def compose(there: Snapshot | None) -> Mapping[str, bytes | None]:
            nonlocal folder
            folder = known or self._free(there, paper, files)
            if not self._bench.attempting(claimed):
                raise Conflict("The claim has passed to somebody else.")
            return {f"{folder}/{name}": data for name, data in files.items()}

        what = "Digest" if paper.kind == DIGEST else "Review"
        commit = self._repository.write(compose, f"{what} of {Period.read(paper.period).name}")
        if not known:
            self._record(paper, folder, commit, files)

    def _record(self, paper: Paper, folder: str, commit: str, files: Mapping[str, bytes]) -> None:
        where, name = self._repository.where, self._repository.content_name
        filed = ad.PapersFiled(
            at=self._clock.now(),
            by=SYSTEM,
            period=paper.period,
            of=paper.delivery,
            where=where,
            folder=folder,
            commit=commit,
            contents={f"{folder}/{file}": name(data) for file, data in sorted(files.items())},
        )
        self._changes.administer(filed, f"filed:{paper.delivery}:{where}")

    def _free(self, there: Snapshot | None, paper: Paper, files: Mapping[str, bytes]) -> str:
        """Return the first folder that is nobody's, or that has these very files already."""
        name = self._repository.content_name
        wanted = {file: name(data) for file, data in files.items()}
        taken = {one.folder for one in self._filed()}
        listed = there.listing(f"{ROOT}/{paper.period}") if there else {}
        number = 1
        while True:
            folder = f"{ROOT}/{paper.period}/{STEMS[paper.kind]}{number}"
            under = f"{folder}/"
            held = {path.removeprefix(under): sha for path, sha in listed.items() if path.startswith(under)}
            if held == wanted or (not held and folder not in taken):
                return folder
            number += 1

    def _files(self, paper: Paper, papers: Sequence[Paper]) -> Mapping[str, bytes]:
        if paper.kind == DIGEST:
            return self._pages(self._digest(paper))
        so_far = [
            one for one in papers if one.period == paper.period and one.entry.index <= paper.entry.index
        ]
        made = next(
            (
                one
                for one in reversed(so_far)
                if one.kind == DIGEST and one.body["version"] == paper.body["version"]
            ),
            None,
        )
        if made is None:
            raise Declined(f"The digest of {paper.period} is too long ago to be read.")
        changes = json.loads(self._pages(self._digest(made))["digest.json"])["changes"]
        return {"review.json": written(account(made, so_far, changes))}

    def _digest(self, paper: Paper) -> ad.DigestMade:
        made = self._entry(paper.delivery)
        if not isinstance(made, ad.DigestMade):
            raise Declined(f"The ledger has no digest of {paper.period}.")
        return made


def account(made: Paper, so_far: Sequence[Paper], changes: Sequence[str]) -> dict[str, Any]:
    """Return what a machine is told about a review, as far as its last entry."""
    said = [one for one in so_far if one.body["version"] == made.body["version"] and one is not made]
    signed = [one for one in said if one.kind == SIGNED]
    return {
        "format": FORMAT,
        "period": made.period,
        "digest": {
            "version": made.body["version"],
            "files": made.body["files"],
            "sample": made.body["sample"],
        }
        | _place(made),
        "due": made.body["due"],
        "overdue": [_place(one) for one in said if one.kind == OVERDUE],
        "signed": [_said(one, "qualified", "did_not", "recused") for one in signed],
        "changes": {change: _verdicts(change, signed) for change in changes},
        "tested": [
            _said(
                one, "change", *(name for name in ad.SelfTested.model_fields if one.body.get(name) in RESULTS)
            )
            for one in said
            if one.kind == TESTED
        ],
    }


RESULTS = ("pass", "fail", "not applicable")


def _verdicts(change: str, signed: Sequence[Paper]) -> dict[str, str]:
    """Say what each reviewer said about a change."""
    return {str(one.entry.leaf["by"]): _verdict(change, one.body) for one in signed}


def _verdict(change: str, body: Mapping[str, Any]) -> str:
    if change in body["did_not"]:
        return "did not qualify"
    return "not judged: their own" if change in body["recused"] else "qualified"


def _said(paper: Paper, *fields: str) -> dict[str, Any]:
    said = {name: paper.body[name] for name in fields}
    return {"by": paper.entry.leaf["by"], **said, "commitments": paper.entry.commitments} | _place(paper)


def _place(paper: Paper) -> dict[str, Any]:
    """Say when it was, and where it stands in the ledger."""
    return {"at": paper.entry.leaf["occurred_at"], "index": paper.entry.index, "hash": paper.entry.hash}
