"""The places at which a process may be told to die: before and after each commit and each call that leaves."""

import os
import signal
from collections.abc import Callable
from contextlib import contextmanager
from functools import wraps

from storage.engine import Database


class Seams:
    """Counts the seams passed since it was armed, and dies at the chosen one."""

    def __init__(self, fatal: int | None) -> None:
        self.fatal = fatal
        self.armed = False
        self.passed: list[str] = []

    def passing(self, name: str) -> None:
        """Pass one seam; perhaps the last one."""
        if not self.armed:
            return
        self.passed.append(name)
        if len(self.passed) == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, call: Callable, name: Callable[..., str]) -> Callable:
        """Put a seam before and after a call."""

        @wraps(call)
        def passing(*args, **kwargs):
            what = name(*args)
            self.passing(f"before {what}")
            answer = call(*args, **kwargs)
            self.passing(f"after {what}")
            return answer

        return passing

    def around_commits(self, write: Callable) -> Callable:
        """Put a seam before and after each commit."""

        @contextmanager
        def passing(database):
            with write(database) as connection:
                yield connection
                self.passing("before a commit")
            self.passing("after a commit")

        return passing

    def sew(self) -> None:
        """Put a seam around every commit of this process, which lives for this one purpose."""
        Database.write = self.around_commits(Database.write)
