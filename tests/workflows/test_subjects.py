"""Whom a value is about: its author, whoever its entry names, and whoever answered for the change."""

from typing import Annotated

import pytest
from pydantic import BaseModel

from storage.leaves import KINDS
from tests.acme import ADA, GRACE, LINUS, MALLORY, MARGARET, PEOPLE, request
from tests.clocks import MONDAY_NIGHT
from workflows import administration as ad
from workflows import events as ev
from workflows import observations as ob
from workflows.people import Person
from workflows.prose import Naming, Prose, prose_fields
from workflows.subjects import mentions, named, naming_fields, responsible, subjects
from workflows.vocabulary import SYSTEM, PersonId, StepName


def base(by):
    return {"at": MONDAY_NIGHT, "by": by}


def test_what_somebody_wrote_is_about_them():
    assert subjects(request(by=LINUS)) == {LINUS}


def test_an_account_linked_by_the_bot_is_about_the_person_it_belongs_to():
    link = ad.AccountLinked(**base(SYSTEM), person=LINUS, vendor="github", account="linus", source="import")

    assert subjects(link) == {LINUS}


def test_what_an_approver_writes_in_a_change_is_about_both():
    said = ev.Rejection(**base(ADA), shown="", reason="The index was fine.")

    assert subjects(said, responsible([request(by=LINUS)])) == {ADA, LINUS}


def test_what_the_bot_writes_down_in_a_change_is_about_whoever_answers_for_it():
    stuck = ob.StepStuck(**base(SYSTEM), step=StepName.ACCESS, because="linus is not in acme.")

    assert subjects(stuck, responsible([request(by=LINUS)])) == {LINUS}


def test_after_a_change_was_handed_over_it_is_about_both_of_them():
    handed = ev.Reassignment(**base(ADA), to=MARGARET, reason="Linus has left.")
    back = ev.Return(**base(GRACE), reason="The cause is missing.")

    assert subjects(handed, responsible([request(by=LINUS)])) == {ADA, LINUS, MARGARET}
    assert subjects(back, responsible([request(by=LINUS), handed])) == {GRACE, LINUS, MARGARET}


def test_the_clock_and_the_bot_are_nobody():
    assert subjects(ad.PolicyInForce(**base(SYSTEM), sha256="0" * 64, text="")) == frozenset()


class Snapshot(BaseModel):
    person: PersonId


class Met(ev.Entry):
    guests: tuple[PersonId, ...] = ()
    host: PersonId | None = None
    snapshots: tuple[Snapshot, ...] = ()
    note: Annotated[Prose, Naming()] | None = None
    named: Annotated[Prose, Naming()] = ""
    plain: Prose = ""


def test_persons_are_found_however_deep_they_are_named():
    met = Met(**base(LINUS), guests=(ADA, GRACE), host=MARGARET, snapshots=(Snapshot(person=MALLORY),))

    assert named(met) == {LINUS, ADA, GRACE, MARGARET, MALLORY}
    assert named(Met(**base(LINUS))) == {LINUS}


def test_text_that_is_a_name_is_marked():
    assert naming_fields(Met) == {"note", "named"}
    assert naming_fields(ev.Remediation) == {"risk_owner"}


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_values_are_fields_of_their_entry_so_that_each_can_be_erased(kind):
    """What lies deeper would be written into the leaf as it is."""
    nested = [
        model
        for field in kind.model_fields.values()
        for model in _models(field.annotation)
        if prose_fields(model)
    ]

    assert nested == []


def _models(annotation):
    arguments = getattr(annotation, "__args__", ())
    own = [annotation] if isinstance(annotation, type) and issubclass(annotation, BaseModel) else []
    return [*own, *(model for argument in arguments for model in _models(argument))]


ADA_L = Person(ADA, "Ada Lovelace", "ada@acme.example", "T1", "U0ADA1234", "ada-lovelace", "5b10ac8d82e05b22")


@pytest.mark.parametrize(
    "text",
    [
        "Ada Lovelace knows.",
        "ask ADA LOVELACE",
        "mail ada@acme.example, please",
        "mail ada@acme.example.",
        "(ada@acme.example)",
        "@ada-lovelace merged it",
        "see https://github.com/ada-lovelace/index",
        "<@U0ADA1234> said so",
        "[~accountid:5b10ac8d82e05b22]",
    ],
)
def test_a_mention_is_found_as_people_write_it(text):
    assert mentions(text, ADA_L)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ada knows.",  # there may be several
        "mary.ada@acme.example",
        "ada@acme.example-mail.test",
        "ada-lovelace-bot merged it",
        "not-ada-lovelace",
        "Adam Lovelacey",
    ],
)
def test_somebody_else_is_no_mention(text):
    assert not mentions(text, ADA_L)


def test_a_name_of_two_letters_is_in_too_many_words_to_be_searched_for():
    assert not mentions("Go to Bo.", Person(ADA, name="Bo"))
    assert not mentions("Anything at all.", Person(ADA))


def test_the_organisation_of_the_tests_is_found_too():
    assert mentions("Linus did it.", PEOPLE[LINUS])
