"""`flask password`: how the first person on a team comes to sign in."""

import click
from flask.cli import with_appcontext

from portal import clock
from portal.actions.accounts import set_password
from portal.cli.answering import in_sentences, require_clinic


@click.command("password")
@click.argument("email")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
@click.option(
    "--without-second-factor", is_flag=True, help="Also ask for no code or second passkey any more."
)
@with_appcontext
@in_sentences
def password(email: str, password: str, without_second_factor: bool) -> None:
    """Set the password of the team member with the address EMAIL; it's asked for."""
    require_clinic()
    set_password(email, password, clock.now(), keep_second_factor=not without_second_factor)
    click.echo(f"{email} can sign in now.")
