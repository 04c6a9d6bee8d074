"""The part of Jira's API that describes the site: who I am, projects, fields, statuses, kinds of links."""

from starlette.responses import Response

from sandbox.jira import shapes
from sandbox.jira.call import Call, answer
from sandbox.jira.world import Account, Project, Refusal

FIELD_PAGE = 4  #: short, so that whoever forgets to page loses fields


def _server_info(call: Call) -> Response:
    return answer(
        {
            "baseUrl": call.site,
            "version": "1001.0.0-SNAPSHOT",
            "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud",
            "buildNumber": 100290,
            "serverTitle": "Jira",
        }
    )


def _myself(call: Call) -> Response:
    return answer({**shapes.user(call.user), "emailAddress": call.user, "locale": "en_GB"})


def _my_permissions(call: Call) -> Response:
    asked = call.listed("permissions")
    if not asked:
        raise Refusal(400, "The 'permissions' query parameter is required.")
    if "projectKey" in call.query and call.query["projectKey"] not in call.tracker.projects:
        raise Refusal(404, f"No project could be found with key '{call.query['projectKey']}'.")
    return answer(
        {
            "permissions": {
                key: {
                    "id": str(number),
                    "key": key,
                    "name": key.replace("_", " ").capitalize(),
                    "type": "PROJECT",
                    "description": "",
                    "havePermission": key in call.permissions,
                }
                for number, key in enumerate(asked, 10)
            }
        }
    )


def _project(call: Call) -> Response:
    return answer(shapes.project(call.site, call.project(call.path["project"])))


def _statuses(call: Call) -> Response:
    project = call.project(call.path["project"])
    statuses = [shapes.status(call.site, project, name) for name in project.statuses()]
    kinds = [shapes.issue_type(call.site, number, name) for number, name in project.issue_types.items()]
    return answer(
        [{k: v for k, v in kind.items() if k != "description"} | {"statuses": statuses} for kind in kinds]
    )


def _for_creation(call: Call) -> Project:
    try:
        project = call.project(call.path["project"])
    except Refusal as refusal:
        raise Refusal(400, *map(str, refusal.args)) from None
    if "CREATE_ISSUES" not in call.permissions:
        raise Refusal(400, f"No project could be found with key '{project.key}'.")
    return project


def _create_types(call: Call) -> Response:
    kinds = list(_for_creation(call).issue_types.items())
    page, where = call.page(kinds, 50)
    return answer({"issueTypes": [shapes.issue_type(call.site, n, name) for n, name in page], **where})


def _create_fields(call: Call) -> Response:
    project = _for_creation(call)
    if call.path["type"] not in project.issue_types:
        raise Refusal(400, "The issue type selected is invalid.")
    page, where = call.page(call.screen(project).fields, FIELD_PAGE)
    return answer({"fields": [shapes.field_meta(field, call.site) for field in page], **where})


def _fields(call: Call) -> Response:
    every = {field.id: field for project in call.tracker.projects.values() for field in project.fields}
    return answer([shapes.field_detail(field) for field in every.values()])


def _assignable(call: Call) -> Response:
    """Show whom issues of a project may be given to; never more than asked for."""
    if not call.query.get("project"):
        raise Refusal(400, "Either the issue key or the project key must be specified.")
    call.project(call.query["project"])
    account, text = call.query.get("accountId"), call.query.get("query")
    if (account is None) == (text is None):
        raise Refusal(400, "Provide either 'query' or 'accountId'.")
    call.need("ASSIGN_ISSUES", "You do not have the permission to browse users.")
    fits = (
        known
        for known in call.tracker.accounts.values()
        if known.assignable and (known.id == account or (text and text.casefold() in _words_of(known)))
    )
    return answer([shapes.account(known) for known in fits])


def _words_of(account: Account) -> str:
    return f"{account.name} {account.email}".casefold()


def _link_types(call: Call) -> Response:
    kinds = [shapes.link_type(call.site, call.tracker, number) for number in call.tracker.link_types]
    return answer({"issueLinkTypes": kinds})


ROUTES = (
    ("GET", "/serverInfo", _server_info),
    ("GET", "/myself", _myself),
    ("GET", "/mypermissions", _my_permissions),
    ("GET", "/project/{project}", _project),
    ("GET", "/project/{project}/statuses", _statuses),
    ("GET", "/issue/createmeta/{project}/issuetypes", _create_types),
    ("GET", "/issue/createmeta/{project}/issuetypes/{type}", _create_fields),
    ("GET", "/field", _fields),
    ("GET", "/issueLinkType", _link_types),
    ("GET", "/user/assignable/search", _assignable),
)
