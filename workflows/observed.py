"""What the bot saw and did, in one sentence each: for the record's readers, and told to nobody else."""

from workflows import events as ev
from workflows import observations as ob
from workflows.sentences import Voice
from workflows.vocabulary import Origin


def observed(entry: ev.Entry, voice: Voice) -> str:
    """Say what was seen; empty for an entry that ``sentences`` has the words for."""
    return (
        _of_access(entry, voice)
        or _of_ticket(entry, voice)
        or _of_pull_request(entry, voice)
        or _of_people(entry, voice)
    )


def _of_access(entry: ev.Entry, voice: Voice) -> str:
    match entry:
        case ob.PreLook(origin=Origin.ABSENT):
            return f"Looked at {entry.target} before giving anything: not held."
        case ob.PreLook(origin=Origin.HELD_ANYWAY):
            return f"Looked at {entry.target} before giving anything: held already, outside any emergency change."
        case ob.PreLook():
            return f"Looked at {entry.target} before giving anything: held through {entry.through}."
        case ob.GrantAttempted():
            return f"Access is being given; whatever comes of it ends by {voice.when(entry.ends_by)}."
        case ob.AccessStillGone():
            return f"Looked again: the access is still gone (look {entry.look})."
        case _:
            return ""


def _of_ticket(entry: ev.Entry, voice: Voice) -> str:
    match entry:
        case ob.TicketOpened():
            return f"The ticket {entry.key} {'was found' if entry.adopted else 'was opened'}."
        case ob.TicketMoved():
            return f"The ticket {entry.key} is in “{voice.quote(entry.status)}”."
        case ob.DuplicateTicketClosed():
            return f"The ticket {entry.key} was a duplicate of {entry.survivor} and was closed."
        case ob.CardPosted():
            return f"The card was posted to {entry.channel}."
        case ob.StepStuck():
            return f"Cannot be done yet ({entry.step.value}): {voice.quote(entry.because)}"
        case ob.StepRecovered():
            return f"Done after all ({entry.step.value})."
        case _:
            return ""


def _of_pull_request(entry: ev.Entry, voice: Voice) -> str:
    match entry:
        case ob.PullRequested():
            gone = "; the texts in its description were erased" if entry.erased else ""
            return f"Pull request {entry.pull} asks for reviews of commit {entry.commit[:12]}{gone}."
        case ob.PullClosed():
            return f"Pull request {entry.pull} was closed with the change."
        case ob.ReviewAnnounced():
            return f"GitHub announced a review of pull request {entry.pull} ({voice.quote(entry.action)}); it is looked up."
        case _:
            return ""


def _of_people(entry: ev.Entry, voice: Voice) -> str:
    match entry:
        case ob.MessageSent():
            return f"{voice.who(entry.to)} was told of entry {entry.about}."
        case ob.TranscriptSent():
            return f"{voice.who(entry.to)} was sent the text of the decision in entry {entry.about}, {entry.shown[:16]}…."
        case ob.MembershipRead():
            found = "a member" if entry.member else "NOT a member"
            return f"Read {entry.group} again for the verdict in entry {entry.verdict}: {found}."
        case ob.AuthorsSeen():
            authors = ", ".join(map(voice.who, entry.authors)) or "nobody known"
            more = f", and {entry.unresolved} who could not be told" if entry.unresolved else ""
            wrote = f"The changes reported in entry {entry.completion} were written by {authors}{more}"
            deployers = ", ".join(map(voice.who, entry.deployers))
            return f"{wrote}, and deployed by {deployers}." if deployers else f"{wrote}."
        case _:
            return ""
