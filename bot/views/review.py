"""A digest in its channel, and what is told about its review.

500 changes must fit: figures are cut, ids are counted, and the whole digest is a link away.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    MarkdownTextObject,
    SectionBlock,
)

from bot.ids import Action
from bot.reviewing.dossiers import Dossier
from bot.views.messages import marker
from bot.views.text import SlackVoice, cut, escaped
from workflows import administration as ad
from workflows.exceptions import MEANS
from workflows.reviews import ATTRIBUTES, Review, named
from workflows.vocabulary import ExceptionId, PersonId
from workflows.words import listed

IDS = 8  #: changes named in one line; the rest is counted
ALARMS = 5  #: of one kind; the rest is counted
LINE = 220  #: characters of a figure
SECTION = 2900
#: Figures that say nothing here; the whole digest has them.
NOTHING = frozenset({"0", "–", "0 of 0", "none", "nothing"})
Told = ad.ReviewSigned | ad.SelfTested | ad.ReviewOverdue


@dataclass(frozen=True, slots=True)
class DigestMessage:
    """The message of a digest; ``address`` is where the whole of it can be read, or empty."""

    about: Dossier
    review: Review
    voice: SlackVoice
    address: str = ""

    @property
    def blocks(self) -> list[Block]:
        """Return the message, the marker in its first block."""
        head = f"*Emergency changes in {self.about.period.name}*\n{escaped(self.text)}"
        parts = [
            "\n".join(said)
            for said in (
                self._alarms(),
                self._figures(),
                self._carried(),
                self._exceptions(),
                self._presence(),
            )
        ]
        return [
            _section(marker(f"digest:{self.about.name}"), head),
            *(_section(f"part:{number}", text) for number, text in enumerate(parts) if text),
            ContextBlock(
                block_id="standing",
                elements=[MarkdownTextObject(text=cut("\n".join(self._standing()), SECTION))],
            ),
            *self._buttons(),
        ]

    @property
    def text(self) -> str:
        """Say the digest in a sentence."""
        return str(self.about.said["summary"])

    def _alarms(self) -> list[str]:
        said = []
        for kind, alike in groupby(self.about.said["alarms"], key=lambda alarm: alarm["kind"]):
            every = list(alike)
            said += [self._alarm(alarm) for alarm in every[:ALARMS]]
            if (more := len(every) - ALARMS) > 0:
                said.append(f"{more} more {'people' if kind == 'person' else 'causes'} came back as often.")
        if said:
            said.append("If everything is an emergency, the normal process is not working.")
        return said

    def _alarm(self, alarm: Mapping[str, Any]) -> str:
        who = f" It is {self.voice.who(PersonId(alarm['person']))}." if alarm["person"] else ""
        which = f" {_named(alarm['changes'])}." if alarm["changes"] else ""
        return f":rotating_light: *Alarm:* {escaped(alarm['because'])}{who}{which}"

    def _figures(self) -> list[str]:
        return [
            f"• {escaped(name)}: *{_short(value)}*"
            for name, value in self.about.said["figures"].items()
            if value not in NOTHING
        ]

    def _carried(self) -> list[str]:
        carried: Mapping[str, Any] = self.about.said.get("carried") or {"count": 0}
        if not carried["count"]:
            return []
        oldest = carried["oldest"]
        said = [
            f"• {one['follow_up']} · {self.voice.who(PersonId(one['owner']))} · due {one['due']}"
            f"{' · :warning: late' if one['late'] else ''}"
            for one in oldest
        ]
        more = carried["count"] - len(oldest)
        return ["*Open follow-ups of earlier months*", *said, *([f"and {more} more"] if more else [])]

    def _exceptions(self) -> list[str]:
        found: Mapping[str, Sequence[str]] = self.about.said["exceptions"]
        said = [f"• {id} {MEANS[ExceptionId(id)]}: {_named(changes)}" for id, changes in found.items()]
        for one in self.about.said["missed"]:
            state = "signed later" if one["signed_at"] else "nobody has signed all of it"
            said.append(f"• X12 the review of {one['period']} was missed; {state}")
        return ["*Exceptions*", *said] if said else []

    def _presence(self) -> list[str]:
        """Say for what time the figures know nothing; the whole digest names every outage."""
        said, since = [], self.about.said["since"]
        if since:
            began = self.voice.when(datetime.fromisoformat(since))
            said.append(f":warning: The ledger begins {began}; of what was before, nothing is known.")
        away = [_outage(one) for one in self.about.said["outages"]]
        if away:
            begins, ends = max(away, key=lambda one: one[1] - one[0])
            when = f"from {self.voice.when(begins)} to {self.voice.when(ends)}"
            times = f"{len(away)} times, longest {when}" if len(away) > 1 else when
            said.append(
                f":warning: The bot showed no sign of life {times}; what was asked of it then may be on no record."
            )
        return said

    def _standing(self) -> list[str]:
        made, said = self.about.made, []
        if made.sample:
            tested = {change: _result(test) for change, test in self.review.results.items()}
            sample = listed(f"{one} ({tested.get(one, 'not tested yet')})" for one in made.sample)
            said.append(f"Sample for the self-test: {sample}.")
        said += self._versions()
        for one in self.review.signed:
            late = " It was overdue (X12)." if self.review.overdue else ""
            said.append(
                f":white_check_mark: Signed off by {self.voice.who(one.by)}, {self.voice.when(one.at)}.{late}"
            )
        if self.review.unjudged:
            waiting = sorted(self.review.unjudged)
            said.append(
                f"For another reviewer, because whoever signed had asked for them: {_named(waiting)}."
            )
        if self.review.owed and made.due:
            late = ":warning: *Overdue (X12).* " if self.review.overdue else ""
            said.append(
                f"{late}To be signed off by a member of {escaped(made.reviewers)} until {self.voice.when(made.due)}."
            )
        if made.due is None and not self.review.replaced:
            said.append(
                "Its months are reviewed one by one; nothing is owed for it."
                if self.about.period.months > 1
                else "The policy names nobody to sign it; set `[review] by`."
            )
        if self.address:
            said.append(f"<{self.address}|The whole digest>, version {made.version}.")
        return said

    def _versions(self) -> list[str]:
        """Say what this version replaces and why, what was signed of the others, and what replaces this one."""
        made, said = self.about.made, []
        if self.review.replaced:
            said.append(
                f":warning: *Version {self.review.replaced} took the place of this version {made.version}.*"
            )
        if made.asked_by:
            why = self.voice.quote(made.because)
            said.append(
                f"*Version {made.version}* takes the place of version {made.version - 1}; "
                f"{self.voice.who(PersonId(made.asked_by))} had it made, because: {why}"
            )
        for older in self.review.earlier:
            said += [
                f"Version {older.made.version} was signed off by {self.voice.who(one.by)}, {self.voice.when(one.at)}."
                for one in older.signed
            ]
        return said

    def _buttons(self) -> list[Block]:
        if not self.about.made.reviewers or self.review.replaced:
            return []
        sign = button("Sign off", Action.SIGN_OFF, self.about.name, first=self.review.owed)
        test = button("Record self-test", Action.SELF_TEST, self.about.name)
        return [
            ActionsBlock(block_id="actions", elements=[sign, *([test] if self.about.made.sample else [])])
        ]


def button(label: str, action: Action, value: str, *, first: bool = False) -> ButtonElement:
    """Return a button about a review."""
    return ButtonElement(text=label, action_id=action.value, value=value, style="primary" if first else None)


def sentence(entry: Told, voice: SlackVoice) -> str:
    """Say what became of a review."""
    by, name = voice.who(entry.by), named(entry.period, entry.version)
    match entry:
        case ad.ReviewSigned():
            return cut("\n".join(_signed(entry, name, by, voice)), SECTION)
        case ad.SelfTested():
            answers = listed(f"{_attribute(one)} {getattr(entry, one)}" for one in ATTRIBUTES)
            note = f"\n{voice.quote(entry.note)}" if entry.note else ""
            return f"{by} tested {entry.change} for {name}: {answers}.{note}"
        case ad.ReviewOverdue():
            return f":warning: Nobody has signed off all the emergency changes of {name}; it was due {voice.when(entry.due)} (X12)."


def _signed(entry: ad.ReviewSigned, name: str, by: str, voice: SlackVoice) -> list[str]:
    said = [
        f":white_check_mark: {by} signed off the emergency changes of {name}: {entry.qualified} qualified."
    ]
    if entry.did_not:
        said.append(f"Did not qualify: {_named(entry.did_not)}.")
    if entry.recused:
        said.append(
            f"Not judged, because {by} asked for {'it' if len(entry.recused) == 1 else 'them'}: "
            f"{_named(entry.recused)}; that takes another reviewer's signature."
        )
    said += [f"*Decisions:* {voice.quote(entry.decisions)}"] if entry.decisions else []
    said += [f"*Follow-ups:* {voice.quote(entry.follow_ups)}"] if entry.follow_ups else []
    return said


def _outage(said: Mapping[str, str]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(said["begins"]), datetime.fromisoformat(said["ends"])


def _result(test: ad.SelfTested) -> str:
    failed = [_attribute(one) for one in ATTRIBUTES if getattr(test, one) == "fail"]
    return f"failed: {', '.join(failed)}" if failed else "passed"


def _attribute(name: str) -> str:
    return name.replace("_", " ")


def _named(changes: Sequence[str]) -> str:
    more = len(changes) - IDS
    return f"{', '.join(changes[:IDS])} and {more} more" if more > 0 else listed(changes)


def _short(value: str) -> str:
    return cut(escaped(value), LINE)


def _section(name: str, text: str) -> SectionBlock:
    return SectionBlock(block_id=name, text=MarkdownTextObject(text=cut(text, SECTION)))
