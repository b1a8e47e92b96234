"""Fields of staff forms: what people type, and what it means."""

from decimal import Decimal

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict
from wtforms import Form

from portal.web.forms.fields import Amount, Version


class Typed(Form):
    """A form with an amount and a version."""

    amount = Amount(needed=False)
    version = Version()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("120", "120.00"),
        ("0", "0.00"),
        ("120.5", "120.50"),
        ("120,50", "120.50"),
        ("1200.50", "1200.50"),
        ("1,200", "1200.00"),
        ("1,200.50", "1200.50"),
        ("1.200,50", "1200.50"),
        ("1,234,567.89", "1234567.89"),
        ("1.234.567,8", "1234567.80"),
        ("1.234.567", "1234567.00"),
        ("9,999,999,999.99", "9999999999.99"),
    ],
)
def test_an_amount_may_have_separators_of_thousands(app: Flask, typed: str, meant: str) -> None:
    with app.test_request_context():
        form = Typed(MultiDict({"amount": typed}))
        assert form.validate()
    assert str(form.amount.value) == meant
    assert form.amount.value == Decimal(meant)


@pytest.mark.parametrize(
    "typed",
    [
        "1.200",
        "0,200",
        "12,00.50",
        "1,2000.50",
        "1,200,50",
        "1.200.50",
        "1,200.500",
        "1,200.",
        ",50",
        "-5",
        "$5",
        "1 200",
        "10,000,000,000",
        "١٢",
    ],
)
def test_what_could_mean_two_amounts_or_none_is_refused(app: Flask, typed: str) -> None:
    with app.test_request_context():
        form = Typed(MultiDict({"amount": typed}))
        assert not form.validate()
    assert form.amount.errors == ["Please enter an amount such as 120 or 120.50."]
    assert form.amount.data == typed


@pytest.mark.parametrize(
    ("typed", "read"),
    [({"version": "7"}, "7"), ({"version": "x"}, "0"), ({"version": "-1"}, "0"), ({}, "0")],
)
def test_a_version_that_can_not_be_read_is_that_of_no_row(
    app: Flask, typed: dict[str, str], read: str
) -> None:
    with app.test_request_context():
        form = Typed(MultiDict({"amount": "1", **typed}), data={"version": 7})
        assert form.validate()
    assert form.version.data == read
