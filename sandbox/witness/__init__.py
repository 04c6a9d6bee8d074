"""A small witness (C2SP ``tlog-witness``): for tests, for the sandbox, and to host on a machine of another team.

It remembers one checkpoint per ledger and cosigns only what continues it.  It belongs where the people
who run the bot cannot reach it: that is all its worth.
"""
