"""Is this installation well? One list of checks for `/readyz`, the start, and `flask doctor`.

`readiness` has what must hold before anybody may book, `doctor` that and everything else. Each
check is a function that returns faults, and none where nothing is wrong.
"""
