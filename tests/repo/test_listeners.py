"""Nothing follows ``ack``: what comes after it would happen though the person was told that all is kept."""

import ast
from pathlib import Path

import pytest

LISTENERS = sorted((Path(__file__).parents[2] / "bot" / "listeners").glob("*.py"))


def acknowledges(node):
    """Say whether a statement, by itself, calls ``ack``."""
    calls = (part for part in ast.walk(node) if isinstance(part, ast.Call))
    return any(isinstance(call.func, ast.Name) and call.func.id == "ack" for call in calls)


def followed(block, *, more=False):
    """Yield the lines after which something happens though ``ack`` was called; ``more``: after this block."""
    for statement, after in zip(block, [*block[1:], None], strict=True):
        if not acknowledges(statement):
            continue
        goes_on = after is not None and not isinstance(after, ast.Return)
        goes_on = goes_on or (after is None and more)
        inner = [getattr(statement, name, None) for name in ("body", "orelse", "finalbody")]
        inner += [handler.body for handler in getattr(statement, "handlers", ())]
        blocks = [one for one in inner if isinstance(one, list) and one]
        if blocks:
            for one in blocks:
                yield from followed(one, more=goes_on)
        elif goes_on:
            yield statement.lineno


def functions(source):
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("path", LISTENERS, ids=lambda path: path.stem)
def test_nothing_follows_the_acknowledgement(path):
    source = path.read_text()

    assert {f.name: [*followed(f.body)] for f in functions(source) if [*followed(f.body)]} == {}


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("def f(ack):\n    ack()\n    tell()", [2]),
        ("def f(ack):\n    if x:\n        ack()\n    tell()", [3]),
        ("def f(ack):\n    try:\n        keep()\n    except E:\n        ack()\n    tell()", [5]),
        ("def f(ack):\n    if x:\n        ack()\n        return\n    ack(text='')", []),
        ("def f(ack):\n    keep()\n    ack(text=a) if a else ack()", []),
    ],
)
def test_what_follows_is_seen(source, lines):
    [function] = functions(source)

    assert [*followed(function.body)] == lines
