"""What mails say, word for word: files in golden/ to read and to compare with.

After a text was changed on purpose, `GOLDEN=write make test` writes the files anew.
"""

import os
from pathlib import Path

from portal.models import Message
from tests.mail.laid_out import html_of, text_of

FOLDER = Path(__file__).parent / "golden"


def agrees_with_golden_files(message: Message, name: str) -> None:
    """Compare a message's subject and both of its bodies with the files called `name`."""
    parts = {
        "txt": f"To: {message.recipient}\nSubject: {message.subject}\n\n{text_of(message)}",
        "html": html_of(message),
    }
    for suffix, text in parts.items():
        path = FOLDER / f"{name}.{suffix}"
        if os.environ.get("GOLDEN") == "write":
            path.write_text(text)
        assert text == path.read_text(), f"{path.name} says something else"
