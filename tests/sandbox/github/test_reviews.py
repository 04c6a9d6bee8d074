"""The stand-in's pull requests: what their reviews are of, who may not give one, and what webhooks tell."""

import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from sandbox.github import Author, GitHub, NotAllowed
from tests.conformance.openapi import spec
from tests.switchboard import plugged

ADA = Author("Ada", "ada@acme.example", "ada")
HERE = "acme/evidence"


@pytest.fixture
def github():
    stand_in = GitHub()
    stand_in.forge.add_organisation("acme", "ada", "grace")
    repository = stand_in.forge.add_repository("acme", "evidence")
    stand_in.forge.push(repository, {"README.md": b"Evidence.\n"}, "Begin", ADA)
    return stand_in


@pytest.fixture
def repository(github):
    return github.forge.repositories[HERE]


@pytest.fixture
def api(github):
    headers = {"authorization": f"token {github.token}"}
    with plugged(github) as url, httpx.Client(base_url=url, headers=headers) as client:
        yield client


@pytest.fixture
def pull(github, repository, api):
    """Return the number of a pull request that the bot opened."""
    github.forge.push(repository, {"a.txt": b"1\n"}, "Ask", ADA, branch="ask", onto="main")
    return api.post("/repos/acme/evidence/pulls", json=ASKED).json()["number"]


ASKED = {"title": "Ask", "head": "ask", "base": "main", "body": "Read this."}


def refused(answer):
    return answer.status_code, json.dumps(answer.json())


def test_a_pull_request_follows_its_branch_and_a_review_does_not(github, repository, api, pull):
    review = github.reviewing.submit(HERE, pull, "ada")
    before = api.get(f"/repos/acme/evidence/pulls/{pull}").json()["head"]["sha"]
    later = github.forge.push(repository, {"a.txt": b"2\n"}, "More", ADA, branch="ask")
    after = api.get(f"/repos/acme/evidence/pulls/{pull}").json()["head"]["sha"]
    [listed] = api.get(f"/repos/acme/evidence/pulls/{pull}/reviews").json()

    assert (before, after) == (review.commit, later.sha)
    assert listed["commit_id"] == before
    assert len(api.get(f"/repos/acme/evidence/pulls/{pull}/commits").json()) == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (ASKED, "already exists for acme:ask"),
        (ASKED | {"head": "nowhere"}, '"field": "head", "code": "invalid"'),
        (ASKED | {"head": "main"}, "No commits between main and main"),
    ],
)
def test_a_pull_request_needs_a_branch_with_something_new_and_is_opened_once(api, pull, body, said):
    status, text = refused(api.post("/repos/acme/evidence/pulls", json=body))

    assert status == 422
    assert said in text


def test_nobody_approves_their_own_pull_request(github, api, pull):
    status, text = refused(api.post(f"/repos/acme/evidence/pulls/{pull}/reviews", json={"event": "APPROVE"}))

    assert (status, "Can not approve your own" in text) == (422, True)
    with pytest.raises(NotAllowed, match="own pull request"):
        github.reviewing.submit(HERE, pull, github.bot.login)


def test_only_graphql_tells_that_a_review_was_edited(github, api, pull):
    review = github.reviewing.submit(HERE, pull, "ada", body="Yes.")
    github.reviewing.edit(HERE, pull, review, "No.", by="grace")
    [listed] = api.get(f"/repos/acme/evidence/pulls/{pull}/reviews").json()
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on PullRequestReview { id lastEditedAt editor { login } } } }"
    [node] = api.post("/graphql", json={"query": query, "variables": {"ids": [listed["node_id"]]}}).json()[
        "data"
    ]["nodes"]

    assert listed["body"] == "No."
    assert not any("edit" in name for name in listed)
    assert node["lastEditedAt"] is not None
    assert node["editor"] == {"login": "grace"}


def test_graphql_answers_errors_with_200(api, pull):
    misspelt = api.post("/graphql", json={"query": "query { reviews }"})
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on PullRequestReview { id } } }"
    nobody = api.post("/graphql", json={"query": query, "variables": {"ids": ["PRR_0"]}})

    assert (misspelt.status_code, nobody.status_code) == (200, 200)
    assert "errors" in misspelt.json()
    assert nobody.json()["errors"][0]["type"] == "NOT_FOUND"


def test_a_pull_request_without_its_branch_is_closed_and_stays_closed(github, repository, api, pull):
    github.forge.force(repository, "ask", None)
    state = api.get(f"/repos/acme/evidence/pulls/{pull}").json()["state"]
    status, text = refused(api.patch(f"/repos/acme/evidence/pulls/{pull}", json={"state": "open"}))

    assert state == "closed"
    assert (status, "has been deleted" in text) == (422, True)


class Ear:
    """Somewhere a webhook is sent to."""

    def __init__(self):
        self.heard = heard = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                heard.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(202)
                self.end_headers()

            def log_message(self, *_):
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})


@pytest.fixture
def ear():
    listening = Ear()
    listening.thread.start()
    yield listening
    listening.server.shutdown()
    listening.thread.join()
    listening.server.server_close()


def test_webhooks_are_signed_and_redelivered_under_the_same_id(github, pull, ear):
    github.hooks.subscribe(ear.url, "s3cret")
    github.reviewing.submit(HERE, pull, "ada")
    github.hooks.redeliver(github.hooks.deliveries[-1])
    [_, (first, body), (second, again)] = ear.heard

    assert [d.event for d in github.hooks.deliveries] == ["ping", "pull_request_review"]
    assert first["X-GitHub-Delivery"] == second["X-GitHub-Delivery"]
    assert body == again
    expected = hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
    assert first["X-Hub-Signature-256"] == f"sha256={expected}"


def test_webhooks_get_lost_and_come_in_any_order(github, pull, ear):
    github.hooks.subscribe(ear.url, "s3cret")
    github.hooks.losing = 1
    review = github.reviewing.submit(HERE, pull, "ada")
    github.hooks.holding = True
    github.reviewing.edit(HERE, pull, review, "Yes.")
    github.reviewing.dismiss(HERE, pull, review, "grace")
    statuses = github.hooks.release(order=[1, 0])

    actions = [json.loads(body).get("action") for _, body in ear.heard]
    assert actions == [None, "dismissed", "edited"]
    assert statuses == [202, 202]
    assert [d.status for d in github.hooks.deliveries] == [202, 0, 202, 202]


def test_webhooks_are_spoken_in_githubs_language(github, pull, ear):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(spec("github/webhooks/webhooks.schema.json").read_text())
    github.hooks.subscribe(ear.url, "s3cret")
    review = github.reviewing.submit(HERE, pull, "ada", "REQUEST_CHANGES", "Why?")
    github.reviewing.edit(HERE, pull, review, "Why now?")
    github.reviewing.dismiss(HERE, pull, review, "grace")

    told = [json.loads(d.body) for d in github.hooks.deliveries if d.event == "pull_request_review"]
    assert len(told) == 3
    for body in told:
        of_action = {**schema, "oneOf": [{"$ref": f"#/definitions/pull_request_review${body['action']}"}]}
        errors = [e.message for e in jsonschema.Draft7Validator(of_action).iter_errors(body)]
        assert errors == []
