"""What a client types to get to *My bookings*: an address, and nothing else."""

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm

from portal.web.forms.fields import Address


class SignInLinkForm(FlaskForm):
    """The address to which the link is mailed."""

    email = Address(label=lazy_gettext("Email"))
