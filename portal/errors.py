"""What can go wrong, by name. Each error carries a sentence that may be shown to a person.

The web layer has one table that maps these to a status and a page; the command line prints the
sentence on stderr.
"""


class PortalError(Exception):
    """Something that a person did can't be done; the message is a sentence for that person."""


class NotFound(PortalError):
    """There is no such thing, or this person may not know that there is."""


class Forbidden(PortalError):
    """This person may see the thing, but not do this to it."""


class Gone(PortalError):
    """The thing was there and is not offered any more."""


class Refused(PortalError):
    """The act breaks a rule of the clinic; the sentence says which."""


class Changed(Refused):
    """Somebody else changed the thing meanwhile; what was typed waits to be looked at again."""


class WrongField(Refused):
    """One field of a form can't be stored as it is: `field` names it, the sentence says why."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class WrongFields(Refused):
    """Several fields of a form can't be stored as they are: `faults` has a sentence by field."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = faults


class Unsettled(Refused):
    """Sessions to come, packages or services of a member have to be settled first."""


class Taken(Refused):
    """The time was booked or held by somebody else in the meantime."""


class NotBookable(Refused):
    """The rule of who can be booked (or when) says no."""


class NotOnline(NotBookable):
    """This can't be booked by oneself, whatever time is chosen: somebody must be asked."""


class Unconfirmed(Refused):
    """Staff have to confirm first what stands in the way; `obstacles` has the values of each."""

    def __init__(self, sentence: str, obstacles: frozenset[str]) -> None:
        super().__init__(sentence)
        self.obstacles = obstacles


class WrongClinicFile(PortalError):
    """A clinic file that can't be loaded; `faults` has one line for each fault, path first."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class WrongBackup(PortalError):
    """A backup that isn't one, or isn't whole, or can't be opened; the sentence says which."""


class WrongSetting(PortalError):
    """A setting has a value that can't be used; the sentence names the setting."""


class NotReady(PortalError):
    """The installation can't be used as it is; a line for each fault says what to mend."""
