"""What the activity log says of each act. A test looks that every act has its words."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from portal.models import Act, Actor
from portal.queries.activity import Entry

NOUNS = {
    "booking": lazy_gettext("Sessions"),
    "package": lazy_gettext("Packages"),
    "client_package": lazy_gettext("Clients’ packages"),
    "service": lazy_gettext("Services and sharing"),
    "availability": lazy_gettext("Availability"),
    "client": lazy_gettext("Clients"),
    "member": lazy_gettext("Team"),
    "role": lazy_gettext("Roles"),
    "account": lazy_gettext("Accounts"),
    "practice": lazy_gettext("Practice"),
    "clinic": lazy_gettext("Clinic files"),
}

WORDS = {
    Act.CLINIC_LOADED: lazy_gettext("loaded a clinic file"),
    Act.PRACTICE_SET_UP: lazy_gettext("set up the practice"),
    Act.SETTINGS_CHANGED: lazy_gettext("changed the practice’s settings"),
    Act.MAIL_SETTINGS_CHANGED: lazy_gettext("changed the mail server"),
    Act.MESSAGE_CHANGED: lazy_gettext("changed what a mail to clients says"),
    Act.OWNER_CHANGED: lazy_gettext("handed the practice over to %(about)s"),
    Act.BACKED_UP: lazy_gettext("made a backup"),
    Act.RESTORED: lazy_gettext("restored everything from a backup"),
    Act.ROLE_ADDED: lazy_gettext("added the role %(about)s"),
    Act.ROLE_CHANGED: lazy_gettext("changed the role %(about)s"),
    Act.ROLE_REMOVED: lazy_gettext("removed a role"),
    Act.MEMBER_INVITED: lazy_gettext("invited %(about)s to the team"),
    Act.INVITATION_SENT_AGAIN: lazy_gettext("sent the invitation to %(about)s again"),
    Act.INVITATION_REVOKED: lazy_gettext("revoked the invitation to %(about)s"),
    Act.MEMBER_JOINED: lazy_gettext("joined the team"),
    Act.MEMBER_CHANGED: lazy_gettext("changed the team member %(about)s"),
    Act.MEMBER_DEACTIVATED: lazy_gettext("deactivated %(about)s"),
    Act.MEMBER_REACTIVATED: lazy_gettext("reactivated %(about)s"),
    Act.PASSWORD_CHANGED: lazy_gettext("changed the password of %(about)s"),
    Act.TWO_FACTOR_CHANGED: lazy_gettext("changed the second factor of %(about)s"),
    Act.PASSKEY_ADDED: lazy_gettext("added a passkey for %(about)s"),
    Act.PASSKEY_REMOVED: lazy_gettext("removed a passkey of %(about)s"),
    Act.SIGNED_IN: lazy_gettext("signed in"),
    Act.SIGN_IN_ENDED: lazy_gettext("ended a sign-in of %(about)s"),
    Act.FEED_MADE: lazy_gettext("made a calendar feed of %(about)s"),
    Act.FEED_REVOKED: lazy_gettext("revoked a calendar feed of %(about)s"),
    Act.SERVICE_ADDED: lazy_gettext("made the service %(about)s"),
    Act.SERVICE_CHANGED: lazy_gettext("changed the service %(about)s"),
    Act.SERVICE_ARCHIVED: lazy_gettext("archived the service %(about)s"),
    Act.SERVICE_RESTORED: lazy_gettext("restored the service %(about)s"),
    Act.SERVICE_SHARED: lazy_gettext("changed with whom the service %(about)s is shared"),
    Act.SERVICE_HANDED_OVER: lazy_gettext("handed over the service %(about)s"),
    Act.HOURS_CHANGED: lazy_gettext("changed the weekly hours of %(about)s"),
    Act.OVERRIDE_CHANGED: lazy_gettext("changed a date in the availability of %(about)s"),
    Act.TIME_OFF_CHANGED: lazy_gettext("changed the time off of %(about)s"),
    Act.AVAILABILITY_CHANGED: lazy_gettext("changed the zone or the daily cap of %(about)s"),
    Act.PACKAGE_ADDED: lazy_gettext("made the package %(about)s"),
    Act.PACKAGE_CHANGED: lazy_gettext("changed the package %(about)s"),
    Act.PACKAGE_ARCHIVED: lazy_gettext("archived the package %(about)s"),
    Act.PACKAGE_RESTORED: lazy_gettext("restored the package %(about)s"),
    Act.PACKAGES_REORDERED: lazy_gettext("moved the package %(about)s in the list"),
    Act.PACKAGE_HANDED_OVER: lazy_gettext("handed over the package %(about)s"),
    Act.SHORT_LINK_MADE: lazy_gettext("made the short link of %(about)s"),
    Act.SHORT_LINK_REPLACED: lazy_gettext("replaced the short link of %(about)s"),
    Act.CLIENT_ADDED: lazy_gettext("added the client %(about)s"),
    Act.CLIENT_CHANGED: lazy_gettext("changed the client %(about)s"),
    Act.CLIENT_ACCEPTED: lazy_gettext("accepted %(about)s as a client"),
    Act.CLIENT_DEACTIVATED: lazy_gettext("deactivated the client %(about)s"),
    Act.CLIENT_REACTIVATED: lazy_gettext("reactivated the client %(about)s"),
    Act.CLIENT_ACCESS_ENDED: lazy_gettext("ended the links and sign-ins of %(about)s"),
    Act.CLIENT_ERASED: lazy_gettext("erased what was personal: %(about)s"),
    Act.CLIENTS_MERGED: lazy_gettext("merged a duplicate into the client %(about)s"),
    Act.CLIENTS_IMPORTED: lazy_gettext("imported clients"),
    Act.CLIENTS_EXPORTED: lazy_gettext("exported the clients"),
    Act.CLIENT_SIGNED_IN: lazy_gettext("signed in to My bookings: %(about)s"),
    Act.CLIENT_FEED_MADE: lazy_gettext("made a calendar feed of their sessions: %(about)s"),
    Act.CLIENT_FEED_REVOKED: lazy_gettext("revoked a calendar feed of theirs: %(about)s"),
    Act.CLIENT_PACKAGE_ADDED: lazy_gettext("made a client’s package: %(about)s"),
    Act.CLIENT_PACKAGE_CHANGED: lazy_gettext("changed a client’s package: %(about)s"),
    Act.CLIENT_PACKAGE_RESET: lazy_gettext("reset a client’s package to its template: %(about)s"),
    Act.CREDITS_ADJUSTED: lazy_gettext("changed the sessions of a client’s package: %(about)s"),
    Act.CLIENT_PACKAGE_HANDED_OVER: lazy_gettext("handed over a client’s package: %(about)s"),
    Act.INVITE_SENT: lazy_gettext("invited %(about)s to book"),
    Act.BOOKING_REQUESTED: lazy_gettext("requested a session: %(about)s"),
    Act.BOOKING_CONFIRMED: lazy_gettext("booked a session: %(about)s"),
    Act.BOOKING_ACCEPTED: lazy_gettext("accepted a request: %(about)s"),
    Act.BOOKING_DECLINED: lazy_gettext("declined a request: %(about)s"),
    Act.BOOKING_LAPSED: lazy_gettext("let an unanswered request lapse: %(about)s"),
    Act.BOOKING_RESTORED: lazy_gettext("took back the cancellation of a session: %(about)s"),
    Act.BOOKING_MOVED: lazy_gettext("moved a session: %(about)s"),
    Act.BOOKING_RESCHEDULED: lazy_gettext("rescheduled a session: %(about)s"),
    Act.BOOKING_COMPLETED: lazy_gettext("completed a session: %(about)s"),
    Act.BOOKING_MISSED: lazy_gettext("marked a session as missed: %(about)s"),
    Act.BOOKING_LINKED: lazy_gettext("linked a session to a package: %(about)s"),
    Act.BOOKING_UNLINKED: lazy_gettext("unlinked a session from its package: %(about)s"),
    Act.CREDIT_RETURNED: lazy_gettext("returned the credit of a session: %(about)s"),
    Act.BOOKING_CANCELLED: lazy_gettext("cancelled a session: %(about)s"),
    Act.BOOKING_TRANSFERRED: lazy_gettext("moved a session to a colleague: %(about)s"),
}

ACTORS = {
    Actor.MEMBER: lazy_gettext("A team member"),
    Actor.CLIENT: lazy_gettext("A client"),
    Actor.OPERATOR: lazy_gettext("Whoever runs the site"),
}


def sentence(entry: Entry) -> str:
    """Return who did what, such as "Ana Ruiz archived the package Reset"."""
    known = [act for act in Act if act.value == entry.act]
    what = WORDS[known[0]] if known else entry.act
    about = entry.about or _("something that’s gone")
    # Not by `%`, which would make much of a percent sign in a name.
    return f"{entry.by or ACTORS[entry.actor]} {str(what).replace('%(about)s', about)}"


def did(entry: Entry) -> str:
    """Return who did what, on a page that says already to what: "Ana Ruiz moved a session"."""
    known = [act for act in Act if act.value == entry.act]
    what = str(WORDS[known[0]]) if known else entry.act
    return f"{entry.by or ACTORS[entry.actor]} {what.replace('%(about)s', '').rstrip(' :')}"
