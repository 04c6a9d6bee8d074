"""What the demo bot shows: a card, a form with every kind of input, a verdict, a home tab."""

from typing import Any

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def option(text: str, value: str, description: str | None = None) -> Json:
    return {"text": plain(text), "value": value} | (
        {"description": plain(description)} if description else {}
    )


def field(
    block_id: str, label: str, element: Json, *, hint: str | None = None, optional: bool = False
) -> Json:
    block: Json = {"type": "input", "block_id": block_id, "label": plain(label), "element": element}
    if hint:
        block["hint"] = plain(hint)
    return block | ({"optional": True} if optional else {})


def button(text: str, action_id: str, style: str | None = None, confirm: Json | None = None) -> Json:
    made: Json = {"type": "button", "text": plain(text), "action_id": action_id, "value": "EC-2026-0042"}
    return made | ({"style": style} if style else {}) | ({"confirm": confirm} if confirm else {})


def second_thought(title: str, text: str, yes: str) -> Json:
    return {
        "title": plain(title),
        "text": mrkdwn(text),
        "confirm": plain(yes),
        "deny": plain("Not yet"),
        "style": "danger",
    }


def card(*, requester: str, until: int, state: str, verdict: str = "nobody has answered yet") -> list[Json]:
    end = second_thought(
        "End the access now?", "*EC-2026-0042* loses its access at once. This is recorded.", "End it"
    )
    buttons = [
        button("Approve…", "approve", "primary"),
        button("Reject…", "reject", "danger"),
        button("Extend", "extend"),
        button("Done…", "done"),
        button("End access", "end", confirm=end),
    ]
    return [
        {"type": "header", "text": plain("EC-2026-0042 · Payments API")},
        {
            "type": "section",
            "text": mrkdwn(
                f":rotating_light: <@{requester}> has *emergency access*, {state}.\n"
                "> Checkout answers 500 for every card payment since 03:02; the roll-back of the payment gateway "
                "needs a merge that nobody awake can review.\n"
            ),
        },
        {
            "type": "section",
            "fields": [
                mrkdwn("*Access*\nMerge to payments without review"),
                mrkdwn(f"*Until*\n<!date^{until}^{{time}} ({{date_short_pretty}})|later>"),
                mrkdwn("*Qualifies as*\nservice down"),
                mrkdwn("*Risk*\nhigh, customers cannot pay"),
                mrkdwn(f"*Approval*\n{verdict}"),
                mrkdwn("*Ticket*\n<https://jira.acme.example/browse/CHG-1042|CHG-1042>"),
            ],
        },
        {"type": "actions", "block_id": "card", "elements": buttons},
        {
            "type": "context",
            "elements": [
                mrkdwn("Answer owed by <@U0JONAS> or <@U0PRIYA> within 24 hours · policy `3f9c21ab`")
            ],
        },
    ]


def request_form() -> Json:
    return {
        "type": "modal",
        "callback_id": "request",
        "title": plain("Emergency change"),
        "submit": plain("Request access"),
        "close": plain("Cancel"),
        "blocks": [
            {
                "type": "section",
                "text": mrkdwn("Access begins at once and ends by itself. An approver answers *afterwards*."),
            },
            *_why(),
            {"type": "divider"},
            *_how(),
            {"type": "context", "elements": [mrkdwn(":lock: What you write here is kept in the ledger.")]},
        ],
    }


def _why() -> list[Json]:
    text = {"type": "plain_text_input", "action_id": "justification", "multiline": True}
    limits = {
        "min_length": 40,
        "max_length": 1000,
        "placeholder": plain("What is broken, and why can it not wait?"),
    }
    criteria = ("service down", "security incident", "data at risk", "regulatory deadline")
    return [
        field("access", "Access", _access()),
        field(
            "criterion",
            "Why it qualifies",
            {
                "type": "radio_buttons",
                "action_id": "criterion",
                "options": [option(one.capitalize(), one) for one in criteria],
            },
        ),
        field("justification", "Justification", text | limits, hint="An auditor reads this in a year."),
        field(
            "incident",
            "Incident",
            {"type": "url_text_input", "action_id": "incident", "placeholder": plain("https://…")},
            optional=True,
        ),
    ]


def _access() -> Json:
    return {
        "type": "static_select",
        "action_id": "access",
        "placeholder": plain("Choose what you need"),
        "option_groups": [
            {
                "label": plain("Payments API"),
                "options": [
                    option("Merge to payments without review", "payments-merge"),
                    option("Deploy payments from a branch", "payments-deploy"),
                ],
            },
            {"label": plain("Ledger database"), "options": [option("Write to production", "ledger-write")]},
        ],
    }


def _how() -> list[Json]:
    return [
        field(
            "window",
            "Minutes of access",
            {
                "type": "number_input",
                "action_id": "window",
                "is_decimal_allowed": False,
                "initial_value": "60",
                "min_value": "5",
                "max_value": "240",
            },
            hint="Between 5 and 240.",
        ),
        field(
            "checks",
            "Before you start",
            {
                "type": "checkboxes",
                "action_id": "checks",
                "options": [
                    option("I know how to undo it", "rollback", "A revert, a flag, a snapshot."),
                    option("Customers are informed", "customers"),
                ],
            },
            optional=True,
        ),
        field(
            "grantee",
            "Who gets the access",
            {"type": "users_select", "action_id": "grantee", "initial_user": "U0MARA"},
        ),
        field(
            "planned",
            "Planned end of the work",
            {"type": "datetimepicker", "action_id": "planned"},
            optional=True,
        ),
        field("review_day", "Review on", {"type": "datepicker", "action_id": "review_day"}, optional=True),
        field(
            "contact",
            "Contact by e-mail",
            {"type": "email_text_input", "action_id": "contact"},
            optional=True,
        ),
    ]


def verdict_form(verb: str) -> Json:
    reason = {"type": "plain_text_input", "action_id": "reason", "multiline": True, "max_length": 500}
    return {
        "type": "modal",
        "callback_id": f"verdict-{verb}",
        "title": plain(f"{verb.capitalize()} EC-2026-0042"),
        "submit": plain(verb.capitalize()),
        "blocks": [
            {
                "type": "section",
                "text": mrkdwn("*What you decide on*\nMerge to payments without review, 60 minutes."),
            },
            field("reason", "Reason", reason, optional=verb == "approve"),
        ],
    }


def home(name: str) -> Json:
    return {
        "type": "home",
        "blocks": [
            {"type": "header", "text": plain("Emergency changes")},
            {
                "type": "section",
                "text": mrkdwn(f"Good morning, {name}. *One change* is open, and you owe nothing."),
            },
            {
                "type": "actions",
                "block_id": "home",
                "elements": [button("Request a change", "request", "primary")],
            },
            {"type": "divider"},
            {
                "type": "section",
                "text": mrkdwn("*EC-2026-0042* · Payments API\nActive; approval is owed."),
                "accessory": button("Open", "open"),
            },
        ],
    }
