"""Whether the bot is there: said over HTTP to whoever watches it, and in the ledger to whoever comes later."""

import httpx


def test_each_replica_says_that_it_began_and_that_it_is_alive(night):
    first = night.world.bot
    first.beat()
    night.world.halt()
    night.world.boot()
    second = night.world.bot
    second.beat()

    kinds = ("started/1", "heartbeat/1")
    said = [(e.entry.kind, e.entry.replica) for e in night.entries() if e.entry.kind in kinds]
    assert first.replica != second.replica
    assert said[-4:] == [(kind, bot.replica) for bot in (first, second) for kind in kinds]


def test_a_process_that_does_not_work_is_alive_and_not_ready(shared):
    with httpx.Client(base_url=shared.world.process.url, trust_env=False) as http:
        alive, ready, elsewhere = http.get("/healthz"), http.get("/readyz"), http.get("/nowhere")

    assert (alive.status_code, alive.json()) == (200, {"alive": True})
    assert (ready.status_code, ready.json()) == (503, {"ready": False, "because": "The workers do not run."})
    assert elsewhere.status_code == 404


def test_an_answer_is_given_when_the_listener_has_returned_and_not_before(shared):
    """Without it Slack could be told of a click that is not kept."""
    assert shared.world.app.listener_runner.process_before_response
