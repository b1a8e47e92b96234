"""`flask password`, and that it lets its person in."""

from flask import Flask
from flask.testing import FlaskClient

from portal import clinic_file
from tests.clinics import BEN, NOW, reset_clinic

PASSWORD = "correct horse battery"


def run(app: Flask, email: str, typed: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["password", email], input=f"{typed}\n{typed}\n")
    return result.exit_code, result.output


def test_whoever_got_a_password_can_sign_in(app: Flask, client: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        clinic_file.load(reset_clinic(), NOW)
    data = {"email": BEN, "password": PASSWORD}
    assert client.post("/sign-in", data=data).status_code == 422

    code, output = run(app, BEN, PASSWORD)
    assert (code, output.splitlines()[-1]) == (0, f"{BEN} can sign in now.")
    assert client.post("/sign-in", data=data).status_code == 302
    assert client.get("/practice/services").status_code == 200


def test_a_short_password_and_an_unknown_address_are_refused(app: Flask) -> None:
    with app.app_context():
        clinic_file.load(reset_clinic(), NOW)
    assert run(app, BEN, "short")[0] == 1
    code, output = run(app, "nobody@example.com", PASSWORD)
    assert code == 1
    assert "Nobody on the team has the address nobody@example.com." in output
