"""What came before is found by ordered lists, and is what reading all of it would find."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.clocks import MONDAY_NIGHT
from workflows.precedents import Earlier, Looked, Precedents
from workflows.vocabulary import ChangeId, PersonId

HOUR = timedelta(hours=1)
changes = st.builds(  # a change was requested once, and several at the same moment
    lambda n, by, said, cause: Earlier(
        ChangeId(f"EC-{n}"), MONDAY_NIGHT + n // 3 * HOUR, PersonId(by), said, cause
    ),
    st.integers(0, 17),
    st.sampled_from("PQ"),
    st.sampled_from(["", "one", "two"]),
    st.sampled_from(["", "lock"]),
)


@given(st.lists(changes, unique_by=lambda one: one.change), changes, st.integers(0, 5))
def test_what_is_found_is_what_reading_everything_finds(earlier, one, back):
    looked = Looked(one.change, one.at, back * HOUR)
    others = [
        other
        for other in sorted(earlier, key=lambda other: (other.at, other.change))
        if other.change != one.change and one.at - looked.back <= other.at <= one.at
    ]
    precedents = Precedents(earlier)
    same = [other.change for other in others if other.justification == one.justification != ""]

    assert precedents.by(one.by, looked) == sum(other.by == one.by for other in others)
    assert precedents.of_cause("lock", looked) == sum(other.cause == "lock" for other in others)
    assert precedents.saying(one.justification, looked) == next(iter(same), None)
    assert precedents.of_cause("", looked) == 0
