"""The clinic's rules about time and people, in plain Python.

Nothing in here knows of the web, the database or the clock on the wall: callers load plain values,
pass the time as an argument and get plain values back. Read `intervals`, `hours`, `eligibility`,
`openings`, in this order.
"""
