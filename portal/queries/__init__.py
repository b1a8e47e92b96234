"""Reads: they load rows and hand plain values to portal.scheduling."""
