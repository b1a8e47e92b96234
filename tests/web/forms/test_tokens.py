"""The token that stands against forms of other sites: looked at once, before any form is read."""

import importlib
import pkgutil

import pytest
from flask import Flask

from portal.web import forms
from portal.web.forms.form import Form


def every_form() -> list[type[Form]]:
    for module in pkgutil.iter_modules(forms.__path__, f"{forms.__name__}."):
        importlib.import_module(module.name)
    found, waiting = [], [Form]
    while waiting:
        found += (several := waiting.pop().__subclasses__())
        waiting += several
    return [each for each in found if each.__module__.startswith(forms.__name__)]


def test_no_form_makes_a_token_of_its_own(app: Flask) -> None:
    assert len(every_form()) > 20
    with app.test_request_context():
        assert not [form for form in every_form() if form.Meta.csrf]


@pytest.mark.parametrize("token", ["", "made up"])
def test_a_form_of_ours_is_refused_without_the_sites_token(app: Flask, token: str) -> None:
    data = {"email": "lee@example.com"} | ({"csrf_token": token} if token else {})
    assert app.test_client().post("/my-bookings/links", data=data).status_code == 400
