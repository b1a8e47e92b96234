"""Fields of staff forms: what is typed in, a domain value out, a clear sentence where it can't be.

A field keeps what was typed, so that a form that is refused shows it again. The limits are those of
a clinic file (portal/clinic_file/kinds.py), so that whatever a form takes can be dumped and loaded.
"""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from flask_babel import gettext as _
from wtforms import Field, SelectMultipleField, StringField, ValidationError
from wtforms.widgets import TextInput

from portal.languages import languages
from portal.mail.outbox import public_address
from portal.scheduling.hours import zone_names
from portal.web.forms import one_line, some_lines

TEXT = 20_000  # characters of a description or of terms
LINK = 500
LARGEST_AMOUNT = Decimal("9999999999.99")
PLAIN_AMOUNT = re.compile(r"\d{1,10}([.,]\d{1,2})?", re.ASCII)
COMMAS = re.compile(r"[1-9]\d{0,2}(,\d{3})+(\.\d{1,2})?", re.ASCII)
# Not 1.200, which is as likely to be a little more than one.
POINTS = re.compile(r"[1-9]\d{0,2}((\.\d{3})+,\d{1,2}|(\.\d{3}){2,})", re.ASCII)


class Typed(Field):
    """A field with one text; `data` is the text as it was typed, `value` what it means.

    `value` is there after the form was found valid. An empty text is None where that's allowed.
    """

    widget = TextInput()

    def __init__(self, *, needed: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.needed = needed
        self.value: Any = None

    def process_formdata(self, valuelist: list[Any]) -> None:
        if valuelist:
            self.data = self.clean(str(valuelist[0]))

    def process_data(self, value: Any) -> None:
        self.data = "" if value is None else self.write(value)

    def pre_validate(self, form: Any) -> None:
        """Find the value. Raises ValidationError with a sentence for whoever typed it."""
        text = self.data or ""
        if not text:
            self.value = None
            if self.needed:
                raise ValidationError(self.missing())
            return
        try:
            self.value = self.read(text)
        except ValueError as reason:
            raise ValidationError(str(reason)) from None

    def clean(self, text: str) -> str:
        return one_line(text)

    def missing(self) -> str:
        return _("Please fill this in.")

    def read(self, text: str) -> Any:
        """Return what the text means. Raises ValueError with a sentence."""
        return text

    def write(self, value: Any) -> str:
        return str(value)


class Line(Typed):
    """A name: one line with something that can be read."""

    def __init__(self, *, most: int = 200, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most = most

    def read(self, text: str) -> str:
        if not any(character.isalnum() for character in text):
            raise ValueError(_("Please use letters or digits."))
        if len(text) > self.most:
            raise ValueError(_("Please use at most %(number)d characters.", number=self.most))
        return text


class Lines(Typed):
    """A longer text, which may be left out; its value is never None."""

    def __init__(self, *, most: int = TEXT, **kwargs: Any) -> None:
        super().__init__(needed=False, **kwargs)
        self.most = most

    def clean(self, text: str) -> str:
        return some_lines(text)

    def read(self, text: str) -> str:
        if len(text) > self.most:
            raise ValueError(_("Please use at most %(number)d characters.", number=self.most))
        return text

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        self.value = self.value or ""


class Whole(Typed):
    """A whole number within limits."""

    def __init__(self, *, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least, self.most = least, most

    def read(self, text: str) -> int:
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not self.least <= int(text) <= self.most:
            raise ValueError(
                _(
                    "Please enter a whole number from %(least)d to %(most)d.",
                    least=self.least,
                    most=self.most,
                )
            )
        return int(text)


class Amount(Typed):
    """A sum of money without its currency, with two digits behind the point at most."""

    def read(self, text: str) -> Decimal:
        if PLAIN_AMOUNT.fullmatch(text):
            plain = text.replace(",", ".")
        elif COMMAS.fullmatch(text):
            plain = text.replace(",", "")
        elif POINTS.fullmatch(text):
            plain = text.replace(".", "").replace(",", ".")
        else:
            plain = ""
        if not plain or Decimal(plain) > LARGEST_AMOUNT:
            raise ValueError(_("Please enter an amount such as 120 or 120.50."))
        return Decimal(plain).quantize(Decimal("0.01"))


class Version(Typed):
    """The version of a row that an editor showed; 0, which no row has, where that can't be read.

    Who sends none is so told that somebody else saved, which is as good as true.
    """

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = str(valuelist[0]) if valuelist else ""
        self.data = text if re.fullmatch(r"\d{1,9}", text, re.ASCII) else "0"


class Zone(Typed):
    """A time zone by its name in the IANA database."""

    def read(self, text: str) -> str:
        if text not in zone_names():
            raise ValueError(_("There is no time zone of this name. One is America/New_York."))
        return text


class Language(Typed):
    """A language, by its tag: one that the portal has, or the one that is stored already."""

    def read(self, text: str) -> str:
        if text not in languages() and text != self.object_data:
            raise ValueError(_("Please choose one of these languages."))
        return text


class Address(Typed):
    """One email address, in lower case, as mail servers write it."""

    def read(self, text: str) -> str:
        try:
            return public_address(text).lower()
        except ValueError:
            raise ValueError(
                _("This isn’t an email address. It should look like lee@example.com.")
            ) from None


class Link(Typed):
    """An address on the web, http or https."""

    def read(self, text: str) -> str:
        try:
            parts = urlsplit(text)
            fine = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:
            fine = False
        if not fine or " " in text or len(text) > LINK:
            raise ValueError(_("Please enter an address that begins with https://."))
        return text


class Slug(Typed):
    """The readable part of an address: lower-case letters, digits, - and _."""

    def clean(self, text: str) -> str:
        return one_line(text).lower()

    def read(self, text: str) -> str:
        if len(text) > 80 or not re.fullmatch("[a-z0-9]([a-z0-9_-]*[a-z0-9])?", text, re.ASCII):
            raise ValueError(
                _("Please use only the letters a to z, digits and, inside, dashes: 80 at most.")
            )
        return text


class Choice(StringField):
    """One of a few words, such as those of an enum; `value` is what `of` makes of the word."""

    def __init__(self, *, of: Callable[[str], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.of = of
        self.value: Any = None

    def pre_validate(self, form: Any) -> None:
        """Find the value. Raises ValidationError for a word that isn't on the list."""
        try:
            self.value = self.of(str(self.data or ""))
        except (ValueError, KeyError):
            raise ValidationError(_("Please choose one of these.")) from None


class Several(SelectMultipleField):
    """Any of several; each is what `of` makes of its word, in `values`."""

    def __init__(self, *, of: Callable[[str], Any], needed: str | None = None, **kw: Any) -> None:
        super().__init__(choices=None, validate_choice=False, **kw)
        self.of, self.needed = of, needed
        self.values: list[Any] = []

    def pre_validate(self, form: Any) -> None:
        """Find the values, each once. Raises ValidationError: `needed` where there are none."""
        words: Iterable[str] = dict.fromkeys(self.data or ())
        try:
            self.values = [self.of(word) for word in words]
        except (ValueError, KeyError):
            raise ValidationError(_("Please choose from these.")) from None
        if self.needed and not self.values:
            raise ValidationError(self.needed)
