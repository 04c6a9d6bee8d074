"""Which policies a period had, however often they went back and forth."""

from datetime import timedelta

from tests.acme import POLICY


def test_a_policy_that_went_and_came_back_was_in_force_in_each_of_its_months(memory, clock):
    other = POLICY + '\n[systems.search]\nname = "Search"\nrepositories = ["acme/search"]\n'
    day = timedelta(days=1)
    began = clock.now()
    memory.adopt_policy(POLICY.encode(), "policy.toml")
    clock.advance(days=10)
    memory.adopt_policy(other.encode(), "policy.toml")
    clock.advance(days=10)
    memory.adopt_policy(POLICY.encode(), "policy.toml")
    clock.advance(days=10)

    def repositories(first, last):
        with memory.population() as population:
            found = population.policies(began + first * day, began + last * day)
        return [("search" in policy.systems) for policy in found]

    assert repositories(0, 30) == [False, True]
    assert repositories(1, 9) == [False]
    assert repositories(11, 19) == [True]
    assert repositories(21, 29) == [False]
    assert repositories(-9, -1) == []


def test_which_system_a_request_is_about_is_said_by_the_rules_it_is_opened_under(desk):
    change = desk.opens("payments-merge", system="another")

    assert desk.record(change).request.system == "payments"
