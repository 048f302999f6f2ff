"""Operators against loops that count."""
