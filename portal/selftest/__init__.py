"""`flask selftest`: does this installation book anybody twice? Tried in a copy of its database.

`scratch` makes the copy and removes it, `stage` puts an invented practitioner into it, `clients`
are the processes that all want the same openings, `rounds` lets them loose and counts.
"""
