"""`flask password`: how the first person on a team comes to sign in."""

import click
from flask.cli import with_appcontext

from portal.actions.accounts import set_password
from portal.cli.answering import in_sentences, require_clinic


@click.command("password")
@click.argument("email")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
@with_appcontext
@in_sentences
def password(email: str, password: str) -> None:
    """Set the password of the team member with the address EMAIL; it's asked for."""
    require_clinic()
    set_password(email, password)
    click.echo(f"{email} can sign in now.")
