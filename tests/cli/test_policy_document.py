"""The procedure is printed from the policy in force, with the revisions the ledger has seen."""

import json

from tests.cli.conftest import memory_of


def test_the_procedure_is_printed_with_the_policy_in_force(afterwards):
    with memory_of(afterwards) as memory:
        sha256, _ = memory.policy_text()

    text = afterwards("policy", "document").stdout

    assert text.startswith("# Emergency change procedure")
    assert text.count(sha256) == 2
    assert "in force" in text.splitlines()[-1]


def test_the_same_comes_as_a_page_and_for_a_program(afterwards):
    page = afterwards("policy", "document", "--html").stdout
    data = json.loads(afterwards("policy", "document", "--json").stdout)

    assert page.startswith("<!DOCTYPE html>")
    assert all(section["title"] in page for section in data["sections"])
