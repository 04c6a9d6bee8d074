"""Publishes Home tabs: one obligation for each person who ever opened theirs.

What is published is read after the claim, so it is never older than the wish it answers.  The hash of what was
published last goes along: a worker whose lease ran out cannot put an old Home over a new one.
"""

import logging
from datetime import timedelta
from typing import Protocol

from slack_sdk import WebClient

from bot.desk import Desk
from bot.slack_out import publish_home
from bot.views.home import MOST
from bot.views.home import Home as HomeView
from workflows.errors import Conflict, Declined, Unavailable
from workflows.ports import Clock
from workflows.reconciler import Bench
from workflows.vocabulary import PersonId
from workflows.work import Claimed

log = logging.getLogger(__name__)

AGAIN = timedelta(seconds=0.2)  #: after somebody else published meanwhile
SELDOM = timedelta(minutes=1)  #: between two drawings that nobody's act made necessary


class Claims(Bench, Protocol):
    """Where the claims are given back."""

    def give_up(self, claimed: Claimed) -> bool:
        """Give a claim back as no longer wanted."""


class Homes:
    """The Home tabs of one workspace."""

    def __init__(self, desk: Desk, client: WebClient, claims: Claims, clock: Clock) -> None:
        self._desk = desk
        self._client = client
        self._claims = claims
        self._clock = clock

    def work(self, claimed: Claimed) -> None:
        """Draw one person's Home as it should be now, and publish it."""
        person = self._desk.records.person(PersonId(claimed.subject))
        if person.deactivated or not person.slack_user:
            self._claims.give_up(claimed)
            return
        mine, told = self._desk.mine(person.id, MOST)
        view = HomeView(mine, told).view()
        try:
            published = publish_home(self._client, person.slack_user, view, claimed.reference)
        except Conflict as error:  # an answer of ours got lost, or a slower worker was first
            self._claims.made(claimed, "")
            self._claims.postpone(claimed, str(error), AGAIN)
        except Unavailable as error:
            wait = timedelta(seconds=error.retry_after) if error.retry_after else None
            self._claims.postpone(claimed, str(error), wait)
        except Declined as error:
            log.warning("A Home tab could not be published; it is drawn when it is opened again: %s", error)
            self._claims.give_up(claimed)
        else:
            self._claims.made(claimed, published)
            again = max(mine.until, self._clock.now() + SELDOM) if mine.until else None
            self._claims.settle(claimed, again)
