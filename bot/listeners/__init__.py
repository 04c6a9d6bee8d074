"""Listeners translate, offer, answer.  They decide nothing, and nothing follows their ``ack``."""
