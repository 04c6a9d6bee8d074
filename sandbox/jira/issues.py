"""The part of Jira's API that reads and changes issues."""

from starlette.responses import Response

from sandbox.jira import jql, shapes
from sandbox.jira.call import Call, answer, done
from sandbox.jira.screens import judged
from sandbox.jira.world import Comment, Json, Link, Project, Refusal

COMMENT_PAGE = 5  #: short, so that whoever forgets to page does not see the older comments
SEARCH_PAGE = 2
LONGEST_PROPERTY = 255


def _create(call: Call) -> Response:
    fields = call.body.get("fields") if isinstance(call.body, dict) else None
    fields = fields if isinstance(fields, dict) else {}
    project = _named_project(call, fields.get("project"))
    type_id = _named_type(project, fields.get("issuetype"))
    kept = judged(call.screen(project), fields, creating=True)
    properties = _properties(call.body.get("properties") or [])
    issue = call.tracker.add(project, type_id, kept)
    issue.properties.update(properties)
    issue.history.append((call.user, issue.status))
    return answer({"id": issue.id, "key": issue.key, "self": f"{call.site}/rest/api/2/issue/{issue.id}"}, 201)


def _named_project(call: Call, named: Json) -> Project:
    named = named if isinstance(named, dict) else {}
    for project in call.tracker.projects.values():
        if {named.get("id"), named.get("key")} & {project.id, project.key}:
            if "CREATE_ISSUES" not in call.permissions:
                break
            return project
    raise Refusal(400, project="Specify a valid project ID or key")


def _named_type(project: Project, named: Json) -> str:
    named = named if isinstance(named, dict) else {}
    for number, name in project.issue_types.items():
        if number == named.get("id") or name == named.get("name"):
            return number
    raise Refusal(400, issuetype="Specify a valid issue type")


def _properties(listed: Json) -> dict[str, Json]:
    if not isinstance(listed, list) or any(
        not isinstance(p, dict) or "key" not in p or "value" not in p for p in listed
    ):
        raise Refusal(400, "Each property must have a key and a value.")
    if any(not 0 < len(p["key"]) <= LONGEST_PROPERTY for p in listed):
        raise Refusal(400, "The property key must be between 1 and 255 characters long.")
    return {p["key"]: p["value"] for p in listed}


def _get(call: Call) -> Response:
    issue = call.issue()
    return answer(
        shapes.issue(call.site, call.tracker, issue, call.listed("fields"), call.listed("properties"))
    )


def _edit(call: Call) -> Response:
    issue = call.issue()
    call.need("EDIT_ISSUES", "You do not have permission to edit issues in this project.")
    issue.fields.update(judged(call.screen(issue.project), call.body.get("fields") or {}))
    issue.properties.update(_properties(call.body.get("properties") or []))
    call.tracker.changed()
    return done()


def _transitions(call: Call) -> Response:
    issue = call.issue()
    allowed = "TRANSITION_ISSUES" in call.permissions
    ways = call.tracker.ways_out(issue) if allowed else []
    shown = [shapes.transition(call.site, issue.project, way) for way in ways]
    return answer({"expand": "transitions", "transitions": shown})


def _move(call: Call) -> Response:
    issue = call.issue()
    named = call.body.get("transition") if isinstance(call.body, dict) else None
    wanted = named.get("id") if isinstance(named, dict) else None
    ways = call.tracker.ways_out(issue) if "TRANSITION_ISSUES" in call.permissions else []
    way = next((t for t in ways if t.id == wanted), None)
    if way is None:
        raise Refusal(
            400,
            f"It seems that you have tried to perform a workflow operation ({wanted}) "
            "that is not valid for the current state of this issue.",
        )
    issue.fields.update(judged(call.screen(issue.project), call.body.get("fields") or {}, needs=way.needs))
    issue.status = way.to
    issue.history.append((call.user, way.to))
    call.tracker.changed()
    return done()


def _comments(call: Call) -> Response:
    issue = call.issue()
    comments = issue.comments[::-1] if call.query.get("orderBy") == "-created" else issue.comments
    page, where = call.page(comments, COMMENT_PAGE)
    return answer({"comments": [shapes.comment(call.site, issue, c) for c in page], **where})


def _comment(call: Call) -> Response:
    issue = call.issue()
    call.need("ADD_COMMENTS", "You do not have the permission to comment on this issue.")
    text = call.body.get("body") if isinstance(call.body, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise Refusal(400, comment="Comment body can not be empty!")
    if len(text) > 32_767:
        raise Refusal(
            400, comment="The entered text is too long. It exceeds the allowed limit of 32,767 characters."
        )
    comment = Comment(
        call.tracker.number(), call.user, text, call.tracker.now(), call.body.get("properties") or []
    )
    issue.comments.append(comment)
    call.tracker.changed()
    return answer(shapes.comment(call.site, issue, comment), 201)


def _link(call: Call) -> Response:
    call.need("LINK_ISSUES", "No Link Issue Permission for issue.")
    body = call.body if isinstance(call.body, dict) else {}
    if not all(isinstance(body.get(part), dict) for part in ("type", "inwardIssue", "outwardIssue")):
        raise Refusal(400, "A link needs a type, an inward issue and an outward issue.")
    named = body["type"].get("name")
    if named not in {names[0] for names in call.tracker.link_types.values()}:
        raise Refusal(404, f"No issue link type with name '{named}' found.")
    ends = [call.tracker.issue(str(body[end].get("key", ""))) for end in ("inwardIssue", "outwardIssue")]
    if ends[0] is ends[1]:
        raise Refusal(400, "You cannot link an issue to itself.")
    source, destination = (issue.key for issue in ends)
    known = {(link.type, link.source, link.destination) for link in call.tracker.links}
    if (named, source, destination) not in known:
        call.tracker.links.append(Link(call.tracker.number(), named, source, destination))
        call.tracker.changed()
    return Response(status_code=201)


def _property_keys(call: Call) -> Response:
    issue = call.issue()
    base = f"{call.site}/rest/api/2/issue/{issue.key}/properties"
    return answer({"keys": [{"key": key, "self": f"{base}/{key}"} for key in issue.properties]})


def _property(call: Call) -> Response:
    key, issue = call.path["key"], call.issue()
    if key not in issue.properties:
        raise Refusal(404, f"The property with key '{key}' does not exist.")
    return answer({"key": key, "value": issue.properties[key]})


def _set_property(call: Call) -> Response:
    key, issue = call.path["key"], call.issue()
    call.need("EDIT_ISSUES", "You do not have permission to edit issues in this project.")
    known = key in issue.properties
    issue.properties.update(_properties([{"key": key, "value": call.body}]))
    call.tracker.changed()
    return Response(status_code=200 if known else 201)


def _set_remote_link(call: Call) -> Response:
    issue = call.issue()
    shown = call.body.get("object") if isinstance(call.body, dict) else None
    if not isinstance(shown, dict) or not shown.get("title") or not shown.get("url"):
        raise Refusal(400, title="'title' is required.", url="'url' is required.")
    known = call.body.get("globalId") or ""
    number = next(
        (n for n, link in issue.remote_links.items() if known and link.get("globalId") == known), None
    )
    status = 200 if number else 201
    number = number or call.tracker.number()
    issue.remote_links[number] = call.body
    call.tracker.changed()
    return answer(
        {"id": int(number), "self": f"{call.site}/rest/api/2/issue/{issue.key}/remotelink/{number}"}, status
    )


def _remote_links(call: Call) -> Response:
    issue = call.issue()
    return answer([{"id": int(number), **link} for number, link in issue.remote_links.items()])


def _search(call: Call) -> Response:
    asked = call.body if isinstance(call.body, dict) and call.body else dict(call.query)
    found = jql.select(str(asked.get("jql", "")), call.tracker.found())
    start, size = (
        _page_of(str(asked.get("nextPageToken") or "")),
        min(int(asked.get("maxResults", 50)), SEARCH_PAGE),
    )
    fields = asked["fields"] if isinstance(asked.get("fields"), list) else call.listed("fields") or ["id"]
    properties = (
        asked["properties"] if isinstance(asked.get("properties"), list) else call.listed("properties")
    )
    shown = [
        shapes.issue(call.site, call.tracker, i, fields, properties) for i in found[start : start + size]
    ]
    last = start + size >= len(found)
    more: dict[str, object] = {} if last else {"nextPageToken": f"page-{start + size}"}
    return answer({"issues": shown, "isLast": last, **more})


def _page_of(token: str) -> int:
    number = token.removeprefix("page-") or "0"
    if not number.isdigit():
        raise Refusal(400, "The nextPageToken is invalid.")
    return int(number)


def _gone(call: Call) -> Response:
    raise Refusal(
        410, "The requested API has been removed. Please migrate to the /rest/api/2/search/jql API."
    )


ROUTES = (
    ("POST", "/issue", _create),
    ("GET", "/issue/{issue}", _get),
    ("PUT", "/issue/{issue}", _edit),
    ("GET", "/issue/{issue}/transitions", _transitions),
    ("POST", "/issue/{issue}/transitions", _move),
    ("GET", "/issue/{issue}/comment", _comments),
    ("POST", "/issue/{issue}/comment", _comment),
    ("GET", "/issue/{issue}/properties", _property_keys),
    ("GET", "/issue/{issue}/properties/{key}", _property),
    ("PUT", "/issue/{issue}/properties/{key}", _set_property),
    ("GET", "/issue/{issue}/remotelink", _remote_links),
    ("POST", "/issue/{issue}/remotelink", _set_remote_link),
    ("POST", "/issueLink", _link),
    ("GET", "/search/jql", _search),
    ("POST", "/search/jql", _search),
    ("GET", "/search", _gone),
    ("POST", "/search", _gone),
)
