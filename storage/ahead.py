"""Questions asked ahead: on PostgreSQL several are sent together, and waited for when the first answer is read.

Whoever asks ahead reads all answers before anything is written: SQLite takes the rows of an answer from the tables as
they are when it is read.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa

Asked = TypeVar("Asked")
Answer = Callable[[], Asked]  #: waits for what was asked, and says it; once

AHEAD = "/* ahead */"  #: how ``storage.pipelines`` knows them


def ahead(question: sa.Select[Any]) -> sa.Select[Any]:
    """Let a question be asked ahead."""
    return question.prefix_with(sa.text(AHEAD), dialect="postgresql")
