"""What a clinic file says must make sense: each module notes every fault of its sections."""

from portal.clinic_file.checks import offers, people, sessions
from portal.clinic_file.entries import ClinicFile
from portal.clinic_file.faults import Faults, fine
from portal.clinic_file.known import Known


def check(file: ClinicFile, known: Known, faults: Faults) -> None:
    """Note everything in the file that can't be, `known` being all that will be known with it."""
    if fine(file.practice) and known.practice is None:
        faults.of_meaning("practice", "is missing, and there is no clinic yet")
    people.check(file, known, faults)
    offers.check(file, known, faults)
    sessions.check(file, known, faults)
