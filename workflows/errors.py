"""Everything that can go wrong, in one tree.

* ProcedureError
  + Unavailable          the other side may answer later; the worker comes back
  + Declined             the other side said no; a person must look
  + Conflict             somebody else wrote first; load again and decide again
  + LedgerCorrupt        the ledger does not hold; closing stops and people are alarmed
  + Misconfigured        a setting or the policy is missing or malformed; the start stops
  + UnknownChange        no change has this id
  + UnknownDigest        no digest has this name, or its files are not kept any more
"""


class ProcedureError(Exception):
    """Base of every error this product raises on purpose."""


class Unavailable(ProcedureError):
    """The other side did not answer, or only half; nothing is known.

    ``retry_after`` is in seconds, where the other side asked for it.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Declined(ProcedureError):
    """The other side refused; trying again will not help."""


class Conflict(ProcedureError):
    """Another writer got there first."""


class LedgerCorrupt(ProcedureError):
    """The ledger or its guards do not hold."""


class Misconfigured(ProcedureError):
    """A setting or the policy cannot be used; the sentence names it and says what to do."""


class UnknownChange(ProcedureError):
    """No change has this id."""


class UnknownDigest(ProcedureError):
    """No digest has this name, or its files are not kept any more; the sentence says which."""
