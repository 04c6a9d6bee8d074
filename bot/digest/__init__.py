"""The monthly digest: the population of a period, laid out for the people who must review it.

``workflows/digest.py`` adds up; here it is collected, drawn, written down, posted and signed.
"""
