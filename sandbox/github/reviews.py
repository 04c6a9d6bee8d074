"""The part of GitHub's API about pull requests, reviews and comments."""

from sandbox.github import pull_shapes, shapes
from sandbox.github.call import Call, Json, Refusal, Reply
from sandbox.github.pull_shapes import head_of
from sandbox.github.pulls import STATES, Comment, Pull, Review
from sandbox.github.reviewing import NotAllowed, Reviewing
from sandbox.github.world import Repository

MOST_PULL_COMMITS = 250  #: GitHub lists no more, however many there are
LONGEST_BODY = 65_536


def _invalid(field: str, code: str, **more: object) -> Refusal:
    error = {"resource": "PullRequest", "field": field, "code": code, **more}
    return Refusal(422, "Validation Failed", errors=[error])


def _asked(call: Call) -> tuple[Repository, Pull]:
    repository = call.repository()
    pull = repository.pulls.get(int(call.path["number"]))
    if pull is None:
        raise Refusal(404, "Not Found")
    return repository, pull


def _text(call: Call, name: str) -> str:
    value: Json = call.body.get(name) if isinstance(call.body, dict) else None
    if value is not None and not isinstance(value, str):
        raise Refusal(422, f"Invalid request.\n\nFor 'properties/{name}', {value!r} is not a string.")
    if value and len(value) > LONGEST_BODY:
        raise _invalid(name, "custom", message=f"{name} is too long (maximum is {LONGEST_BODY} characters)")
    return value or ""


# --- pull requests ---------------------------------------------------------------------------------


def _listed(call: Call) -> Reply:
    repository = call.repository()
    state, head = call.query.get("state", "open"), call.query.get("head", "").partition(":")[2]
    found = [
        pull
        for pull in reversed(repository.pulls.values())
        if state in ("all", "open" if pull.is_open else "closed") and head in ("", pull.head)
    ]
    return call.page([pull_shapes.simple(call.base, call.forge, repository, pull) for pull in found])


def _shown(call: Call) -> Reply:
    repository, pull = _asked(call)
    return Reply(pull_shapes.pull(call.base, call.forge, repository, pull))


def _commits(call: Call) -> Reply:
    repository, pull = _asked(call)
    head_of(repository, pull)
    listed = [repository.git.commits[sha] for sha in pull.commits[:MOST_PULL_COMMITS]]
    return call.page([shapes.commit(call.base, call.forge, repository, commit) for commit in listed])


def _opened(call: Call) -> Reply:
    repository = call.repository()
    call.may("pull_requests")
    title, head, base = _text(call, "title"), _text(call, "head").split(":")[-1], _text(call, "base")
    refs = repository.git.refs
    for field, ref in (("head", head), ("base", base)):
        if f"heads/{ref}" not in refs:
            raise _invalid(field, "invalid")
    if repository.git.precedes(refs[f"heads/{head}"], refs[f"heads/{base}"]):
        raise _invalid("base", "custom", message=f"No commits between {base} and {head}")
    if any(pull.is_open and pull.head == head for pull in repository.pulls.values()):
        said = f"A pull request already exists for {repository.owner}:{head}."
        raise _invalid("head", "custom", message=said)
    pull = Pull(
        len(repository.pulls) + 1,
        title,
        call.actor.login,
        [],
        body=_text(call, "body"),
        head=head,
        base=base,
        created=call.forge.now(),
    )
    repository.pulls[pull.number] = pull
    call.forge.changed()
    return Reply(pull_shapes.pull(call.base, call.forge, repository, pull), 201)


def _changed(call: Call) -> Reply:
    repository, pull = _asked(call)
    call.may("pull_requests")
    if "title" in call.body:
        pull.title = _text(call, "title")
    if "body" in call.body:
        pull.body = _text(call, "body")
    if state := _text(call, "state"):
        _set_state(call, repository, pull, state)
    call.forge.changed()
    return Reply(pull_shapes.pull(call.base, call.forge, repository, pull))


def _set_state(call: Call, repository: Repository, pull: Pull, state: str) -> None:
    if state == "closed" and pull.is_open:
        head_of(repository, pull)
        pull.closed = call.forge.now()
    elif state == "open" and not pull.is_open:
        there = repository.git.refs.get(f"heads/{pull.head}")
        if pull.merged or there is None:
            said = f"state cannot be changed. The {pull.head} branch has been deleted."
            raise _invalid("state", "custom", message=said)
        if pull.commits and not repository.git.precedes(pull.commits[-1], there):
            said = f"state cannot be changed. The {pull.head} branch was force-pushed or recreated."
            raise _invalid("state", "custom", message=said)
        pull.closed = None


# --- reviews ---------------------------------------------------------------------------------------


def _reviews(call: Call) -> Reply:
    repository, pull = _asked(call)
    return call.page([_review_shape(call, repository, pull, review) for review in pull.reviews])


def _review_shape(call: Call, repository: Repository, pull: Pull, review: Review) -> shapes.Shape:
    return pull_shapes.review(call.base, call.forge, repository, pull, review)


def _review(call: Call) -> tuple[Repository, Pull, Review]:
    repository, pull = _asked(call)
    for review in pull.reviews:
        if review.id == int(call.path["review"]):
            return repository, pull, review
    raise Refusal(404, "Not Found")


def _submitted(call: Call) -> Reply:
    repository, pull = _asked(call)
    call.may("pull_requests")
    event = _text(call, "event")
    if event not in STATES:
        raise Refusal(422, "Unprocessable Entity", errors=["Variable $event was provided invalid value"])
    name = f"{repository.owner}/{repository.name}"
    commit = _text(call, "commit_id") or None
    try:
        review = Reviewing(call.forge).submit(
            name, pull.number, call.actor.login, event, _text(call, "body"), commit
        )
    except NotAllowed as refused:
        raise Refusal(422, "Unprocessable Entity", errors=[str(refused)]) from None
    return Reply(_review_shape(call, repository, pull, review))


def _dismissed(call: Call) -> Reply:
    repository, pull, review = _review(call)
    call.may("pull_requests")
    name = f"{repository.owner}/{repository.name}"
    try:
        Reviewing(call.forge).dismiss(name, pull.number, review, call.actor.login)
    except NotAllowed as refused:
        raise Refusal(422, "Unprocessable Entity", errors=[str(refused)]) from None
    return Reply(_review_shape(call, repository, pull, review))


# --- the conversation ------------------------------------------------------------------------------


def _comments(call: Call) -> Reply:
    repository, pull = _asked(call)
    return call.page(
        [pull_shapes.comment(call.base, call.forge, repository, pull, one) for one in pull.comments]
    )


def _commented(call: Call) -> Reply:
    repository, pull = _asked(call)
    call.may("pull_requests", "issues")
    body = _text(call, "body")
    if not body:
        raise Refusal(
            422,
            "Validation Failed",
            errors=[{"resource": "IssueComment", "field": "body", "code": "missing_field"}],
        )
    one = Comment(call.forge.number(), call.actor.login, body, call.forge.now())
    pull.comments.append(one)
    call.forge.changed()
    return Reply(pull_shapes.comment(call.base, call.forge, repository, pull, one), 201)


_PULLS = "/repos/{owner}/{repo}/pulls"
_PULL = f"{_PULLS}/{{number:int}}"
_COMMENTS = "/repos/{owner}/{repo}/issues/{number:int}/comments"
ROUTES = (
    ("GET", _PULLS, _listed),
    ("POST", _PULLS, _opened),
    ("GET", _PULL, _shown),
    ("PATCH", _PULL, _changed),
    ("GET", f"{_PULL}/commits", _commits),
    ("GET", f"{_PULL}/reviews", _reviews),
    ("POST", f"{_PULL}/reviews", _submitted),
    ("PUT", f"{_PULL}/reviews/{{review:int}}/dismissals", _dismissed),
    ("GET", _COMMENTS, _comments),
    ("POST", _COMMENTS, _commented),
)
