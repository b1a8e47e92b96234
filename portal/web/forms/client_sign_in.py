"""What a client types to get to *My bookings*: an address, and nothing else."""

from flask_babel import lazy_gettext

from portal.web.forms.fields import Address
from portal.web.forms.form import Form


class SignInLinkForm(Form):
    """The address to which the link is mailed."""

    email = Address(label=lazy_gettext("Email"))
