"""django-appointment's own view, asked for the same openings: runs in an environment of its own.

Reads the diary as JSON from the first line it's sent. Answers each line after that with a line:
`answer` with the openings, as date, wall clock and person, and `round` with the processor seconds
that all requests of one round took. There's a request for each person and day, as its page
asks. Its database is in memory, which is kind to it.
"""

import gc
import json
import logging
import sys
from datetime import date, datetime, time, timedelta
from time import process_time

import django
from django.conf import settings
from django.core.management import call_command
from django.test import RequestFactory


def set_up(zone: str) -> None:
    """Configure Django as the package's documentation says, with SQLite and without debugging."""
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "appointment",
        ],
        TIME_ZONE=zone,
        USE_TZ=True,
        SECRET_KEY="none is needed",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        LANGUAGE_CODE="en-us",
        LANGUAGES=[("en", "English")],
        ROOT_URLCONF="appointment.urls",
    )
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)


def fill(diary: dict) -> tuple[list[int], int]:
    """Write people, hours and sessions; return the people's ids, in order, and the service's."""
    from appointment.models import (
        Appointment,
        AppointmentRequest,
        Service,
        StaffMember,
        WorkingHours,
    )
    from django.contrib.auth import get_user_model

    service = Service.objects.create(name="Follow-up", duration=timedelta(minutes=30), price=0)
    client = get_user_model().objects.create(username="lee")
    ids = []
    for person in diary["people"]:
        user = get_user_model().objects.create(username=person["name"])
        staff = StaffMember.objects.create(
            user=user, slot_duration=15, work_on_saturday=True, work_on_sunday=True
        )
        staff.services_offered.add(service)
        ids.append(staff.id)
        for weekday in range(7):
            opens, closes = (clock(person[end]) for end in ("opens", "closes"))
            WorkingHours.objects.create(
                staff_member=staff, day_of_week=weekday, start_time=opens, end_time=closes
            )
        requests = AppointmentRequest.objects.bulk_create(
            AppointmentRequest(
                date=date.fromisoformat(day),
                start_time=clock(start),
                end_time=clock(end),
                service=service,
                staff_member=staff,
                id_request=f"{staff.id}-{day}-{start}",
            )
            for day, start, end in person["sessions"]
        )
        Appointment.objects.bulk_create(
            Appointment(client=client, appointment_request=each, id_request=each.id_request)
            for each in requests
        )
    return ids, service.id


def clock(minute: int) -> time:
    """A minute of the day."""
    return time(minute // 60, minute % 60)


def ask(staff: list[int], service: int, dates: list[str]) -> list[tuple[str, str, int]]:
    """Every opening that its view answers with: date, wall clock, and the person's number."""
    from appointment.views import get_available_slots_ajax

    factory, found = RequestFactory(), []
    for day in dates:
        for number, id_ in enumerate(staff, start=1):
            request = factory.get(
                "/",
                {"selected_date": day, "staff_member": id_, "service_id": service},
                headers={"X-Requested-With": "XMLHttpRequest"},
            )
            answer = json.loads(get_available_slots_ajax(request).content)
            for slot, _ in answer["available_slots"]:
                at = datetime.fromisoformat(slot)
                found.append((day, f"{at:%H:%M}", number))
    return found


def main() -> None:
    # The package logs to the standard output, which takes time and is where answers go.
    logging.disable()
    diary = json.loads(sys.stdin.readline())
    set_up(diary["zone"])
    staff, service = fill(diary)
    ask(staff, service, diary["dates"])
    # As for ours: what is there before isn't gone through by every full collection.
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        started = process_time()
        found = ask(staff, service, diary["dates"])
        took = process_time() - started
        print(json.dumps(found if line.strip() == "answer" else took), flush=True)


if __name__ == "__main__":
    main()
