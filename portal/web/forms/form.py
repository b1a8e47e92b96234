"""What every form of ours is."""

from typing import ClassVar

from flask_wtf import FlaskForm


class Form(FlaskForm):
    """Fields that were sent, or are shown. The token that forms send was looked at before.

    Flask-WTF's CSRFProtect does that for each request that changes something, whether a form reads
    it or not. A form by itself would make another token each time, which no page shows.
    """

    class Meta(FlaskForm.Meta):
        """How WTForms makes it."""

        csrf: ClassVar[bool] = False
