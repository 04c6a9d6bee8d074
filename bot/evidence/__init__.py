"""The evidence pack: what an auditor is given, how it is made, and how it is checked without us.

Everything here is a function of the ledger at one checkpoint, of the values that were not erased, and of
the directory's names; no clock is asked, so that the same pack comes out byte by byte.
"""
