"""`flask prepare`, which runs once where the site has several machines."""

from flask import Flask

from tests.cli.conftest import runner


def test_it_brings_an_empty_database_up_to_date_and_says_where_to_set_the_clinic_up(
    empty_app: Flask,
) -> None:
    first = runner(empty_app)("prepare")
    assert first.exit_code == 0
    assert "/set-up?token=" in first.stdout
    assert "Ctrl-C" not in first.stdout
    assert empty_app.test_client().get("/readyz").status_code == 200
    # Once more does no harm, such as when its container is started again.
    assert runner(empty_app)("prepare").exit_code == 0
