"""How fast the portal is, beside what others need for the same work: `make bench`."""
