"""Tables only, one noun a file. Importing this package makes all of them known."""

from portal.models.activity import Act, Activity, Actor
from portal.models.availability import DateOverride, OverrideHours, TimeOff, WeeklyHours
from portal.models.booking import Booking, Ending, Status
from portal.models.calendar_feed import CalendarFeed, Detail
from portal.models.client import Client
from portal.models.client_import import ClientImport
from portal.models.client_package import ClientPackage, ClientPackageItem
from portal.models.client_sign_in import ClientLink, ClientSignIn
from portal.models.credit import CreditEntry, CreditKind, Why
from portal.models.invite import Invite
from portal.models.mail_settings import MailSecurity, MailSettings
from portal.models.member import Member
from portal.models.message import Message
from portal.models.message_text import MessageText
from portal.models.package import Package, PackageItem
from portal.models.passkey import Passkey
from portal.models.practice import Confirm, Practice
from portal.models.private_link import PrivateLink
from portal.models.rate_limit import RateLimit
from portal.models.role import Right, Role
from portal.models.service import Delivery, Service
from portal.models.set_up_mark import SetUpMark
from portal.models.set_up_token import SetUpToken
from portal.models.short_link import ShortLink
from portal.models.sign_in import SignIn
from portal.models.team_invitation import TeamInvitation

__all__ = [
    "Act",
    "Activity",
    "Actor",
    "Booking",
    "CalendarFeed",
    "Client",
    "ClientImport",
    "ClientLink",
    "ClientPackage",
    "ClientPackageItem",
    "ClientSignIn",
    "Confirm",
    "CreditEntry",
    "CreditKind",
    "DateOverride",
    "Delivery",
    "Detail",
    "Ending",
    "Invite",
    "MailSecurity",
    "MailSettings",
    "Member",
    "Message",
    "MessageText",
    "OverrideHours",
    "Package",
    "PackageItem",
    "Passkey",
    "Practice",
    "PrivateLink",
    "RateLimit",
    "Right",
    "Role",
    "Service",
    "SetUpMark",
    "SetUpToken",
    "ShortLink",
    "SignIn",
    "Status",
    "TeamInvitation",
    "TimeOff",
    "WeeklyHours",
    "Why",
]
