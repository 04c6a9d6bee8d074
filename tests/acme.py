"""The organisation that the tests of the core play in: its people, its policy, an ordinary request."""

from datetime import timedelta

from tests.clocks import MONDAY_NIGHT
from workflows import events as ev
from workflows.people import Person
from workflows.vocabulary import PersonId

LINUS, MARGARET = PersonId("P-LINUS"), PersonId("P-MARGARET")  # on call, in sre
ADA, GRACE = PersonId("P-ADA"), PersonId("P-GRACE")  # heads
SAM = PersonId("P-SAM")  # security
MALLORY = PersonId("P-MALLORY")  # in no group
LEADER = PersonId("P-LEADER")  # in sre and in heads: tempted to approve what they asked for

GROUPS = {
    "sre": {LINUS, MARGARET, LEADER},
    "heads": {ADA, GRACE, LEADER},
    "security": {SAM},
}
PEOPLE = {
    person: Person(
        person,
        name=person.removeprefix("P-").title(),
        email=f"{person.removeprefix('P-').lower()}@acme.example",
        slack_team="T1",
        slack_user=person.replace("P-", "U"),
        github=person.removeprefix("P-").lower(),
    )
    for person in (LINUS, MARGARET, ADA, GRACE, SAM, MALLORY, LEADER)
}

POLICY = """\
[calendar]
timezone = "Europe/Berlin"
working_hours = "09:00-18:00"
holidays = "DE"

[ticket]
fields = { change_type = "customfield_10050", risk = "customfield_10051" }
statuses = { requested = "Open", active = "Implementing", in_review = "Review", closed = "Closed", rejected = "Declined", withdrawn = "Declined", lapsed = "Declined" }

[duties.approval]
due = "PT24H"
remind_after = ["PT1H", "PT4H"]
escalate = [{ after = "PT20H", to = "heads" }, { after = "PT48H", to = "security" }]
[duties.completion]
due = "PT4H"
remind_after = ["PT2H"]
[duties.retrospective]
due = "3 business days"
[duties.remediation]
due = "3 business days"
[duties.acceptance]
due = "5 business days"
by = "heads"

[groups.sre]
github_team = "acme/sre"
[groups.heads]
people = ["ada@acme.example", "grace@acme.example"]
[groups.security]
slack_usergroup = "S0SECURITY"

[systems.payments]
name = "Payments API"
[systems.ledger]
name = "Customer ledger"

[access.payments-merge]
name = "Merge to payments"
system = "payments"
provider = "github-team"
target = { organization = "acme", team = "payments-break-glass" }
default_window = "PT1H"
longest_window = "PT4H"
authorisation = "after"
eligible = "sre"
approvers = "heads"

[access.payments-deploy]
name = "Deploy payments"
system = "payments"
provider = "github-team"
target = { organization = "acme", team = "payments-break-glass" }
eligible = "sre"
approvers = "heads"

[access.payments-twice]
name = "Delete from payments"
system = "payments"
provider = "github-team"
target = { organization = "acme", team = "payments-delete" }
eligible = "sre"
approvers = "heads"
approvals_required = 2

[access.ledger-admin]
name = "Administer the ledger"
system = "ledger"
provider = "github-team"
target = { organization = "acme", team = "ledger-break-glass" }
longest_window = "PT2H"
authorisation = "before"
lapse_after = "PT30M"
if_unanswered = "act"
eligible = "sre"
approvers = "heads"

[access.ledger-read]
name = "Read the ledger"
system = "ledger"
provider = "github-team"
target = { organization = "acme", team = "ledger-readers" }
authorisation = "before"
lapse_after = "PT30M"
if_unanswered = "lapse"
eligible = "sre"
approvers = "heads"

[access.ledger-twice]
name = "Delete from the ledger"
system = "ledger"
provider = "github-team"
target = { organization = "acme", team = "ledger-delete" }
authorisation = "before"
eligible = "sre"
approvers = "heads"
approvals_required = 2
"""


def request(access="payments-merge", by=LINUS, at=MONDAY_NIGHT, **said):
    """Write an ordinary request; ``said`` changes what differs."""
    return ev.Request.model_validate(
        {
            "at": at,
            "by": by,
            "system": access.split("-")[0],
            "access": access,
            "criterion": "service down",
            "what": "Orders are failing; the index will be rolled back.",
            "justification": "Every order fails; each minute of waiting loses customers.",
            "risk": "medium",
            "security_impact": "Write access to production.",
            "rollback_plan": "Put the index back.",
            "tested": True,
            "window": timedelta(hours=1),
            **said,
        }
    )
