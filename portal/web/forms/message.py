"""A message's words as they're typed."""

from flask_babel import lazy_gettext

from portal.mail.own_words import SUBJECT_CHARACTERS, TEXT_CHARACTERS, OwnWords
from portal.queries.message_words import Edited
from portal.web.forms.fields import Line, Lines, Version
from portal.web.forms.form import Form


class MessageForm(Form):
    """Subject and text. What can stand in them, the act says: see portal/mail/own_words.py."""

    version = Version(needed=False)
    subject = Line(label=lazy_gettext("Subject"), most=SUBJECT_CHARACTERS)
    text = Lines(label=lazy_gettext("Text"), most=TEXT_CHARACTERS)

    @classmethod
    def of(cls, message: Edited) -> "MessageForm":
        """Return the form with what is stored, or with the portal's own words."""
        words = message.words
        data = {"subject": words.subject, "text": words.text, "version": message.version}
        return cls(formdata=None, data=data)

    def words(self) -> OwnWords:
        """Return what was typed, of a form that is valid."""
        return OwnWords(self.subject.value, self.text.value)

    def others(self, stored: Edited) -> list[tuple[str, str]]:
        """Return what is stored by now and isn't what was typed: pairs of label and words."""
        pairs = ((self.subject, stored.words.subject), (self.text, stored.words.text))
        return [(str(field.label.text), words) for field, words in pairs if field.data != words]
