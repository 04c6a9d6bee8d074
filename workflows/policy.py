"""The rules an organisation chooses, as data.

``policy.toml`` is refused whole if any word in it is unknown, and pinned to each change by the sha256 of
its bytes, so that an auditor can read the very rules that were in force.  Who *belongs* to a group is not
pinned: that is asked when somebody answers, under the policy in force then.
"""

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from workflows import ages
from workflows.errors import Misconfigured
from workflows.ports import Target
from workflows.vocabulary import Grade, State

NOTHING = timedelta()
BY_REVIEW = frozenset({Grade.A, Grade.B})  #: what a policy takes that wants reviews of record
SHORTEST_KEPT, LONGEST_KEPT = 30, 36500  #: days
LONGEST = timedelta(days=3653)
MOST_LISTED, MOST_PROFILES = 100, 500  #: systems, and profiles of one; profiles in all: what a form can hold


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BusinessDays(_Part):
    """A number of working days in the policy's calendar."""

    days: int = Field(ge=1)

    def __str__(self) -> str:
        return f"{self.days} business day{'s' if self.days > 1 else ''}"


def _length(value: object) -> timedelta:
    length = value if isinstance(value, timedelta) else _iso_8601(value)
    if not NOTHING < length <= LONGEST:
        raise ValueError("a duration must be longer than nothing and at most ten years")
    return length


def _iso_8601(value: object) -> timedelta:
    text = value if isinstance(value, str) and value.startswith("P") else None
    with suppress(ValidationError):
        return TypeAdapter(timedelta).validate_python(text)
    raise ValueError('write a duration such as "PT30M" or "PT4H"')


def _due(value: object) -> timedelta | BusinessDays:
    if isinstance(value, BusinessDays):
        return value
    if isinstance(value, str) and (days := re.fullmatch(r"(\d{1,3}) business days?", value)):
        if int(days[1]) < 1:
            raise ValueError("name at least one business day")
        return BusinessDays(days=int(days[1]))
    try:
        return _length(value)
    except ValueError as error:
        raise ValueError(str(error).replace('"PT4H"', '"3 business days"')) from error


#: What people choose from a list, and the key that their choice comes back with.
Choice = Annotated[str, Field(min_length=1, max_length=75)]
Window = Annotated[timedelta, BeforeValidator(_length)]
Due = Annotated[timedelta | BusinessDays, BeforeValidator(_due)]


class Justification(_Part):
    """What a request must say."""

    shortest: int = Field(default=40, ge=1, le=1000)
    criteria: tuple[Choice, ...] = Field(
        default=("service down", "security incident", "data at risk", "regulatory deadline"),
        min_length=1,
        max_length=MOST_LISTED,
    )
    incident: Literal["optional", "required"] = "optional"


class Calendar(_Part):
    """For business-day deadlines and quiet hours."""

    timezone: str = "UTC"
    working_hours: str = Field(
        default="09:00-18:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$"
    )
    holidays: str = ""

    @model_validator(mode="after")
    def _known_zone(self) -> Self:
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"timezone: no time zone is called {self.timezone!r}") from error
        return self

    @model_validator(mode="after")
    def _hours_end_after_they_begin(self) -> Self:
        begin, end = self.working_hours.split("-")
        if begin >= end:
            raise ValueError(f"working_hours: {end} is not after {begin}; name hours of one day")
        return self


class FollowUpTickets(_Part):
    """How follow-ups are kept in the tracker; an empty ``project`` is the ticket's own."""

    project: str = Field(default="", pattern=r"^\w*$")
    issue_type: str = Field(default="Task", min_length=1)
    link_type: str = Field(default="Relates", min_length=1)


class TicketPolicy(_Part):
    """The copy in the organisation's tracker."""

    project: str = "CHG"
    issue_type: str = "Change"
    fields: dict[str, str] = {}
    statuses: dict[State, str] = {}
    site: str = Field(default="", pattern=r"^(https?://[^/\s]+\S*)?$")
    duplicate_status: str = Field(default="Declined", min_length=1)
    duplicate_link_type: str = Field(default="Duplicate", min_length=1)
    follow_ups: FollowUpTickets = FollowUpTickets()


class Rung(_Part):
    """One rung of an escalation ladder."""

    after: Window
    to: str


class DutyPolicy(_Part):
    """When a duty is due, and how it is chased."""

    due: Due
    remind_after: tuple[Window, ...] = ()
    escalate: tuple[Rung, ...] = ()


class ApprovalDuty(DutyPolicy):
    """The approval that may come after the fact."""

    due: Due = timedelta(hours=24)
    remind_after: tuple[Window, ...] = (timedelta(hours=1), timedelta(hours=4), timedelta(hours=12))
    of_record: Literal["click", "review"] = "click"
    own_change: Literal["never"] = "never"

    @property
    def grades(self) -> frozenset[Grade]:
        """What is good enough to settle the duty."""
        return BY_REVIEW if self.of_record == "review" else frozenset(Grade)


class CompletionDuty(DutyPolicy):
    """The report of what was done."""

    due: Due = timedelta(hours=4)


class RetrospectiveDuty(DutyPolicy):
    """The look back."""

    due: Due = BusinessDays(days=3)


class RemediationDuty(DutyPolicy):
    """What becomes of a rejected change."""

    due: Due = BusinessDays(days=3)


class AcceptanceDuty(DutyPolicy):
    """Closing by a reviewer; ``by`` is a group."""

    due: Due = BusinessDays(days=5)
    by: str = ""


class FollowUpDuty(DutyPolicy):
    """What was agreed to follow: ``due`` is the date a form proposes; all else is counted from the date agreed."""

    due: Due = BusinessDays(days=10)
    remind_after: tuple[Window, ...] = (timedelta(days=7), timedelta(days=14))


class Duties(_Part):
    """What people owe, and by when."""

    approval: ApprovalDuty = ApprovalDuty()
    completion: CompletionDuty = CompletionDuty()
    retrospective: RetrospectiveDuty = RetrospectiveDuty()
    remediation: RemediationDuty = RemediationDuty()
    acceptance: AcceptanceDuty = AcceptanceDuty()
    follow_up: FollowUpDuty = FollowUpDuty()


class Limits(_Part):
    """What happens when emergencies become a habit."""

    overdue_then: Literal["nothing", "ask first", "refuse"] = "nothing"
    ratio_alarm: float = Field(default=0.10, gt=0, le=1)


class Review(DutyPolicy):
    """Where the monthly digest goes, who signs it, and how that is chased; all is counted from the digest."""

    channel: str = ""
    by: str = ""
    due: Due = BusinessDays(days=5)
    remind_after: tuple[Window, ...] = (timedelta(days=2), timedelta(days=5))


class Retention(_Part):
    """How long records are kept after their last entry: an ISO 8601 duration in years, months or days."""

    records: str = Field(default="P7Y", pattern=ages.SHAPE)

    @model_validator(mode="after")
    def _long_enough(self) -> Self:
        if not SHORTEST_KEPT <= ages.roughly(self.records) <= LONGEST_KEPT:
            raise ValueError("records: keep them for at least 30 days and at most 100 years")
        return self

    def cutoff(self, now: datetime) -> datetime:
        """Return the moment before which a record's last entry makes it too old."""
        return ages.before(now, self.records)


class Group(_Part):
    """Where the members are listed; exactly one of the three."""

    github_team: str | None = Field(default=None, pattern=r"^[\w.-]+/[\w.-]+$")
    people: tuple[str, ...] | None = None
    slack_usergroup: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(source is not None for source in (self.github_team, self.people, self.slack_usergroup)) != 1:
            raise ValueError("name exactly one of github_team, people, slack_usergroup")
        return self


class System(_Part):
    """Something that can break."""

    name: Choice
    repositories: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    channel: str = ""


class AccessProfile(_Part):
    """One kind of emergency access, and the rules for it."""

    name: Choice
    system: str
    provider: str
    target: dict[str, str]
    default_window: Window = timedelta(hours=1)
    longest_window: Window = timedelta(hours=4)
    authorisation: Literal["after", "before"] = "after"
    lapse_after: Window = timedelta(minutes=30)
    if_unanswered: Literal["lapse", "act"] = "lapse"
    eligible: str
    approvers: str
    approvals_required: int = Field(default=1, ge=1, le=10)

    @property
    def where(self) -> Target:
        """The target; the same one however the file orders its parts, because ownership hangs on it."""
        return Target(self.provider, tuple(sorted(self.target.items())))

    @model_validator(mode="before")
    @classmethod
    def _no_schedule_yet(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("eligible"), dict):
            # pydantic turns a ValueError into its own error
            raise ValueError(  # noqa: TRY004
                "eligible: on-call schedules are not supported yet; name a group"
            )
        return data

    @model_validator(mode="after")
    def _windows_fit(self) -> Self:
        if self.default_window > self.longest_window:
            raise ValueError("default_window is longer than longest_window")
        return self


class Policy(_Part):
    """``policy.toml``, whole."""

    justification: Justification = Justification()
    calendar: Calendar = Calendar()
    ticket: TicketPolicy = TicketPolicy()
    duties: Duties = Duties()
    limits: Limits = Limits()
    review: Review = Review()
    retention: Retention = Retention()
    groups: dict[str, Group] = Field(min_length=1)
    systems: dict[Choice, System] = Field(min_length=1)
    access: dict[Choice, AccessProfile] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_resolve(self) -> Self:
        problems = [*self._unknown_groups(), *self._unknown_systems(), *self._too_many()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _unknown_groups(self) -> Iterator[str]:
        for where, group in self._group_references():
            if group not in self.groups:
                known = ", ".join(sorted(self.groups))
                yield f"{where}: no group is called {group!r} (there are: {known})"

    def _group_references(self) -> Iterator[tuple[str, str]]:
        yield "duties.acceptance.by", self.duties.acceptance.by
        if self.review.by:
            yield "review.by", self.review.by
        for rung in self.review.escalate:
            yield "review.escalate", rung.to
        for name in Duties.model_fields:
            duty: DutyPolicy = getattr(self.duties, name)
            for rung in duty.escalate:
                yield f"duties.{name}.escalate", rung.to
        for name, profile in self.access.items():
            yield f"access.{name}.eligible", profile.eligible
            yield f"access.{name}.approvers", profile.approvers

    def _unknown_systems(self) -> Iterator[str]:
        for name, profile in self.access.items():
            if profile.system not in self.systems:
                yield f"access.{name}.system: no system is called {profile.system!r}"

    def _too_many(self) -> Iterator[str]:
        profiles = Counter(profile.system for profile in self.access.values())
        for system, count in profiles.items():
            if count > MOST_LISTED:
                yield f"systems.{system}: {count} access profiles name this system; at most {MOST_LISTED} may"
        if len(profiles) > MOST_LISTED:
            yield f"access: is for {len(profiles)} systems; at most {MOST_LISTED} may have access profiles"
        if len(self.access) > MOST_PROFILES:
            yield f"access: there are {len(self.access)} profiles; at most {MOST_PROFILES} may be"

    @property
    def security(self) -> str | None:
        """The group that may end any access, where there is one of that name."""
        return "security" if "security" in self.groups else None


def digest(text: bytes) -> str:
    """Name a policy by its bytes, so that ``sha256sum policy.toml`` agrees."""
    return hashlib.sha256(text).hexdigest()


def load(text: bytes, where: str = "policy.toml") -> Policy:
    """Read a policy or raise ``Misconfigured`` with one line per thing that is wrong."""
    try:
        data = tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{where}: this is not TOML: {error}") from error
    try:
        return Policy.model_validate(data)
    except ValidationError as error:
        raise Misconfigured("\n".join(_explained(error, where))) from error


def _explained(error: ValidationError, where: str) -> Iterator[str]:
    for problem in error.errors():
        path = ".".join(str(part) for part in problem["loc"] if part != "[key]")
        name = str(problem["loc"][-1]) if problem["loc"] else ""
        said = _said(problem["type"], problem["msg"], problem["input"], name)
        yield f"{where}: {path + ': ' if path else ''}{said}"


def _said(kind: str, message: str, found: object, name: str) -> str:
    if kind == "extra_forbidden":
        return "there is no such setting; see `emergency-change policy schema`"
    if kind == "missing":
        return "this setting is missing"
    clear = message.removeprefix("Value error, ")
    if kind == "value_error" and isinstance(found, dict):
        return clear
    if kind == "string_pattern_mismatch":
        clear = MEANT[name]
    clear = f"{clear[0].lower()}{clear[1:]}"
    for python, toml in (("valid tuple", "list"), ("tuple", "list"), ("valid dictionary", "table")):
        clear = clear.replace(python, toml)
    return f"found {'a table' if isinstance(found, dict) else repr(found)}; {clear}"


#: What is meant where a text must have a certain shape.
MEANT = {
    "working_hours": 'write hours such as "09:00-18:00"',
    "github_team": 'write organization/team, such as "acme/sre"',
    "records": 'write a duration such as "P7Y"',
    "site": 'write an address such as "https://acme.atlassian.net"',
    "project": 'write the key of a project, such as "CHG"',
}
