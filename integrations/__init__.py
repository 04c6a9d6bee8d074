"""Adapters to the outside, one vendor SDK per module; none knows another."""
