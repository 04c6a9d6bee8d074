"""The part of GitHub's API about organisations, teams, members and invitations."""

from sandbox.github import shapes
from sandbox.github.call import Call, Refusal, Reply
from sandbox.github.world import Account, Invitation, Organisation, Team


def _organisation(call: Call) -> Reply:
    return Reply(shapes.organisation(call.base, call.organisation()))


def _teams(call: Call) -> Reply:
    org = call.organisation()
    seen = [team for team in org.teams.values() if not team.hidden]
    short = [{k: v for k, v in shapes.team(call.base, org, team).items() if k not in _LONG} for team in seen]
    return call.page(short)


_LONG = ("members_count", "repos_count", "created_at", "updated_at", "organization")


def _team(call: Call) -> Reply:
    return Reply(shapes.team(call.base, *call.team()))


def _members(call: Call) -> Reply:
    _, team = call.team()
    accounts = [call.forge.account(login) for login in sorted(team.members, key=str.casefold)]
    return call.page([shapes.user(call.base, account) for account in accounts if account])


def _named(call: Call) -> Account:
    account = call.forge.account(call.path["login"])
    if account is None:
        raise Refusal(404, "Not Found")
    return account


def _membership(call: Call) -> Reply:
    org, team = call.team()
    account = _named(call)
    if account.login in team.members:
        return Reply(shapes.membership(call.base, org, team, account.login, "active"))
    if org.pending(team, account.login):
        return Reply(shapes.membership(call.base, org, team, account.login, "pending"))
    raise Refusal(404, "Not Found")


def _add(call: Call) -> Reply:
    org, team = call.team()
    call.may_write()
    account = _named(call)
    if team.synchronised:
        raise Refusal(403, "This team is externally managed. Team membership cannot be modified here.")
    role = call.body.get("role", "member") if isinstance(call.body, dict) else "member"
    if role not in ("member", "maintainer"):
        raise Refusal(
            422, "Validation Failed", errors=[{"resource": "TeamMember", "field": "role", "code": "invalid"}]
        )
    if account.login in org.members:
        if team.members.get(account.login) != role:
            team.members[account.login] = role
            call.forge.changed()
        return Reply(shapes.membership(call.base, org, team, account.login, "active"))
    _invite(call, org, team, account.login)
    return Reply(shapes.membership(call.base, org, team, account.login, "pending"))


def _invite(call: Call, org: Organisation, team: Team, login: str) -> None:
    invitation = next((i for i in org.invitations if i.login == login), None)
    if invitation is None:
        invitation = Invitation(call.forge.number(), login, call.actor.login, set(), call.forge.now())
        org.invitations.append(invitation)
    if team.slug not in invitation.teams:
        invitation.teams.add(team.slug)
        call.forge.changed()


def _remove(call: Call) -> Reply:
    """Take an account out of a team; an invitation to the organisation outlives it."""
    org, team = call.team()
    call.may_write()
    account = _named(call)
    if team.synchronised:
        raise Refusal(403, "This team is externally managed. Team membership cannot be modified here.")
    invitation = org.pending(team, account.login)
    if invitation:
        invitation.teams.discard(team.slug)
    if team.members.pop(account.login, None) or invitation:
        call.forge.changed()
    return Reply(status=204)


def _shown(call: Call, org: Organisation, invitation: Invitation) -> shapes.Shape:
    inviter = call.forge.account(invitation.inviter) or call.actor
    return shapes.invitation(call.base, org, invitation, inviter)


def _team_invitations(call: Call) -> Reply:
    org, team = call.team()
    return call.page([_shown(call, org, i) for i in org.invitations if team.slug in i.teams])


def _invitations(call: Call) -> Reply:
    org = call.organisation()
    return call.page([_shown(call, org, invitation) for invitation in org.invitations])


def _cancel(call: Call) -> Reply:
    org = call.organisation()
    call.may_write()
    invitation = next((i for i in org.invitations if str(i.id) == call.path["invitation"]), None)
    if invitation is None:
        raise Refusal(404, "Not Found")
    org.invitations.remove(invitation)
    call.forge.changed()
    return Reply(status=204)


ROUTES = (
    ("GET", "/orgs/{org}", _organisation),
    ("GET", "/orgs/{org}/teams", _teams),
    ("GET", "/orgs/{org}/teams/{team}", _team),
    ("GET", "/orgs/{org}/teams/{team}/members", _members),
    ("GET", "/orgs/{org}/teams/{team}/memberships/{login}", _membership),
    ("PUT", "/orgs/{org}/teams/{team}/memberships/{login}", _add),
    ("DELETE", "/orgs/{org}/teams/{team}/memberships/{login}", _remove),
    ("GET", "/orgs/{org}/teams/{team}/invitations", _team_invitations),
    ("GET", "/orgs/{org}/invitations", _invitations),
    ("DELETE", "/orgs/{org}/invitations/{invitation}", _cancel),
)
