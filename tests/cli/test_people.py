"""Links decide who is given access: nothing is half-imported, and each link is an entry."""

import json

import pytest

from tests.cli.conftest import memory_of


def people(terminal):
    return {row["email"]: row for row in json.loads(terminal("people", "list", "--json").stdout)}


def links(terminal):
    """Return what the ledger says about links."""
    with memory_of(terminal) as memory:
        found = [one.entry for one in memory.entries(limit=1000) if one.leaf["kind"] == "account-linked/1"]
        return [(memory.person(e.person).email, e.vendor, e.account, e.source) for e in found]


@pytest.fixture
def file(elsewhere):
    """Write a file of people."""

    def write(text):
        path = elsewhere / "people.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_a_link_is_kept_and_is_an_entry(afterwards):
    result = afterwards("people", "link", "Gil@acme.example", "--github", "gil-acme", "--jira", "557058:gil")

    assert (result.exit_code, result.stdout) == (0, "Gil Guest: 2 accounts linked.\n")
    assert people(afterwards)["gil@acme.example"]["github"] == "gil-acme"
    assert links(afterwards) == [
        ("gil@acme.example", "github", "gil-acme", "command"),
        ("gil@acme.example", "jira", "557058:gil", "command"),
    ]


def test_a_link_that_is_there_adds_nothing(afterwards):
    words = ("people", "link", "linus@acme.example", "--github", "linus-acme")
    result = afterwards(*words)

    assert result.stdout == "Linus Berg: that was linked before.\n"
    assert json.loads(afterwards(*words, "--json").stdout)["linked"] == 0
    assert links(afterwards) == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("nobody@acme.example", "--github", "x"),
            "Nobody in the directory has the e-mail address nobody@acme.example",
        ),
        (("gil@acme.example", "--github", "LINUS-acme"), "LINUS-acme is linked to Linus Berg already."),
        (("gil@acme.example", "--github", "../x"), "“../x” is not a GitHub login."),
        (("gil@acme.example",), "Name an account with --github or --jira."),
    ],
)
def test_a_link_that_cannot_be_is_refused(afterwards, words, sentence):
    result = afterwards("people", "link", *words)

    assert result.exit_code == 1
    assert sentence in result.stderr
    assert links(afterwards) == []


def test_nobody_loses_sight_of_access_by_linking_another_account(afterwards):
    result = afterwards("people", "link", "linus@acme.example", "--github", "linus-new")

    assert result.exit_code == 1
    assert "holds access as linus-acme through EC-" in result.stderr
    assert people(afterwards)["linus@acme.example"]["github"] == "linus-acme"


def test_a_file_is_imported_whole(afterwards, file):
    path = file("\ufeffEmail,name,GitHub\r\ngil@acme.example,,gil-acme\r\nnew@acme.example,Nora New,nora\r\n")

    result = afterwards("people", "import", path)

    assert (result.exit_code, result.stdout) == (0, "2 lines read, 2 accounts linked.\n")
    assert people(afterwards)["new@acme.example"]["name"] == "Nora New"
    assert [link[0] for link in links(afterwards)] == ["gil@acme.example", "new@acme.example"]


def test_importing_again_links_nothing(afterwards, file):
    path = file("email,github\nnew@acme.example,nora\n")
    afterwards("people", "import", path)

    result = afterwards("people", "import", path, "--json")

    assert json.loads(result.stdout) == {"people": 1, "linked": 0}
    assert len(links(afterwards)) == 1


def test_every_bad_line_is_named_and_nothing_is_imported(afterwards, file):
    path = file(
        "email,name,github,jira\n"
        "good@acme.example,Good,good-acme,\n"
        "not an address,Bad,bad-acme,\n"
        "twice@acme.example,Twice,good-acme,\n"
        "many@acme.example,Many,many,x,y,z\n"
    )

    result = afterwards("people", "import", path)

    assert result.exit_code == 1
    assert [line.removeprefix(f"{path}: ").split(":")[0] for line in result.stderr.splitlines()] == [
        "line 3",
        "line 5",
        "line 4",
    ]
    assert "good@acme.example" not in people(afterwards)
    assert links(afterwards) == []


def test_a_line_the_directory_speaks_against_stops_the_import(afterwards, file):
    path = file("email,github\nnew@acme.example,nora\ngil@acme.example,linus-acme\n")

    result = afterwards("people", "import", path)

    assert result.stderr == f"{path}: line 3: linus-acme is linked to Linus Berg already.\n"
    assert "new@acme.example" not in people(afterwards)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the columns must be email, name, github, jira"),
        ("name,github\nx,y\n", "the columns must be"),
        ("email,gitlab\nx@acme.example,y\n", "the columns must be"),
        ("email\nx@acme.example\n".encode("utf-16"), "this is not CSV in UTF-8"),
        ('email\n"x@acme.example\n', "this is not CSV in UTF-8"),
    ],
)
def test_what_is_no_such_file_is_refused(afterwards, file, text, sentence):
    result = afterwards("people", "import", file(text))

    assert result.exit_code == 1
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_file_that_is_not_there_is_one_sentence(afterwards):
    result = afterwards("people", "import", "nowhere.csv")

    assert (result.exit_code, result.stderr) == (
        1,
        "nowhere.csv cannot be read (No such file or directory).\n",
    )
