"""A policy that is taken has a form that opens, however much there is to choose from."""

import pytest

from bot.views.request_form import request_form
from sandbox.slack.blocks import for_view
from tests.acme import POLICY
from workflows.policy import load

HEAD, _ = POLICY.split("[systems.payments]")


def longest(number):
    """Return a name that is as long as names may be, and like no other."""
    return f"{number} ".ljust(75, "n")


def policy(systems, each, criteria=1):
    """Return rules with so many systems, and access profiles of each."""
    said = [f"{HEAD}\n[justification]\ncriteria = {[longest(n) for n in range(criteria)]}"]
    for system in range(systems):
        said.append(f'[systems.{"s" * 70}{system:05}]\nname = "{longest(system)}"')
        said += [
            f'[access.{"a" * 69}{system:03}{n:03}]\nname = "{longest(n)}"\nsystem = "{"s" * 70}{system:05}"\n'
            'provider = "github-team"\ntarget = { organization = "acme", team = "glass" }\n'
            'eligible = "sre"\napprovers = "heads"'
            for n in range(each)
        ]
    return load("\n".join(said).encode())


@pytest.mark.parametrize(("systems", "each", "criteria"), [(100, 5, 100), (5, 100, 100), (1, 1, 1)])
def test_the_most_that_a_policy_may_offer_can_be_chosen_from(systems, each, criteria):
    view = for_view(request_form(policy(systems, each, criteria), {}).to_dict(), "modal")

    elements = {
        block["block_id"]: block.get("element", {}) for block in view["blocks"] if "block_id" in block
    }
    offered = [len(group["options"]) for group in elements["access"]["option_groups"]]
    assert offered == [each] * systems
    assert [option["value"] for option in elements["criterion"]["options"]] == [
        longest(number) for number in range(criteria)
    ]
