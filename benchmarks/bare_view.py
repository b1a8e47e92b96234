"""A bare Flask view that renders the bytes of the week's fragment: what there's no way below.

It has no database, no rules, no sessions, no languages and no compression; the openings come out of
a file. The template is written as one writes it: a loop, and everything in it escaped.
"""

import json
import os
from pathlib import Path

from flask import Flask, render_template

app = Flask(__name__)
PIECES = json.loads(Path(os.environ["BARE_PIECES"]).read_text())


@app.get("/")
def week() -> str:
    """The same bytes."""
    return render_template("bare.html", pieces=PIECES)


@app.get("/healthz")
def health() -> str:
    """Say that it's up."""
    return "ok"
