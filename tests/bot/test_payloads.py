"""What is read from where somebody types: the incident, if there is one, and nothing that only looks like it."""

import pytest

from bot.payloads import incident_in


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (("checkout is down, see INC-2041",), "INC-2041"),
        (
            ("", "<https://status.acme.example/Incidents/77|status>"),
            "https://status.acme.example/Incidents/77",
        ),
        (("", None, "inc-2077-checkout"), "inc-2077"),
        (("", "", "incident_5"), "incident_5"),
        (
            (
                "",
                "Orders: OPS-17",
            ),
            "OPS-17",
        ),
    ],
)
def test_an_incident_is_found_where_one_is_named(texts, found):
    assert incident_in(*texts) == found


@pytest.mark.parametrize(
    "text", ["ops-us-east-1", "team-42", "the export is no utf-8 any more", "as in EC-2026-0042", ""]
)
def test_what_only_looks_like_an_incident_is_none(text):
    assert incident_in(text) == ""
