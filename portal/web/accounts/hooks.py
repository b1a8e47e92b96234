"""Flask-Security's views and writes: they join an act of ours, and one place commits."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, request
from flask_security import SQLAlchemyUserDatastore, current_user, wan_registered
from sqlalchemy import func, inspect, select

from portal.actions.accounts import renew_hash
from portal.actions.second_factors import note_passkey_added
from portal.db import db
from portal.models import Member, Passkey
from portal.transaction import is_under_way, joined_transaction, transaction
from portal.web.accounts.factors import load_passkeys, remember
from portal.web.request_time import now

ACTS = (
    "two_factor_token_validation",
    "mf_recovery",
    "wan_register",
    "wan_register_response",
    "wan_signin_response",
)
"""The views of Flask-Security that write something: with a POST, each is one act."""


def init_app(app: Flask) -> None:
    """Put an act around each view that writes."""
    for name in ACTS:
        view = app.view_functions[f"security.{name}"]
        app.view_functions[f"security.{name}"] = _as_an_act(view)
    for name, view in app.view_functions.items():
        if name.startswith("security.wan_"):
            app.view_functions[name] = _with_passkeys(view)
    wan_registered.connect(_passkey_added, app)


class Accounts(SQLAlchemyUserDatastore):
    """Flask-Security's view of the members: those who are active."""

    def commit(self) -> None:
        """Nothing: see portal/transaction.py."""

    def put(self, model: Any) -> Any:
        """Store a row; of a member it's a hash, where the password's was of a weaker kind."""
        if is_under_way() or not isinstance(model, Member):
            return super().put(model)
        before: Any = inspect(model).attrs.password.history.deleted
        if before and model.password:
            # Nobody but whoever signs in has the password in clear.
            renew_hash(model.id, before[0], model.password)
        return model

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> Any:
        """The active member with this value, locked where an act is going to change them."""
        ((name, value),) = kwargs.items()
        column = getattr(Member, name)
        same = func.lower(column) == value.lower() if case_insensitive else column == value
        query = select(Member).where(same, Member.deactivated_at.is_(None))
        if is_under_way():
            # Nobody uses the same code twice by sending it twice at once.
            query = query.with_for_update(of=Member).execution_options(populate_existing=True)
        return db.session.scalar(query)

    def tf_set(
        self,
        user: Any,
        primary_method: str,
        totp_secret: str | None = None,
        phone: str | None = None,
    ) -> None:
        """Store the secret with a note of the code that was used."""
        user.tf_primary_method, user.tf_totp_secret = primary_method, remember(totp_secret)

    def create_webauthn(  # type: ignore[override]  # Flask-Security gives them by name
        self, user: Any, **values: Any
    ) -> None:
        """Store a new passkey, with the time that Flask-Security leaves to the database."""
        values["device_type"] = str(getattr(values["device_type"], "value", values["device_type"]))
        values["transports"] = [str(getattr(way, "value", way)) for way in values["transports"]]
        moment = now()
        self.put(
            Passkey(user_id=user.id, create_datetime=moment, lastuse_datetime=moment, **values)
        )


def _as_an_act(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def act(*args: Any, **kwargs: Any) -> Any:
        if request.method != "POST":
            return view(*args, **kwargs)
        with transaction():
            return view(*args, **kwargs)

    return act


def _with_passkeys(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def with_passkeys(*args: Any, **kwargs: Any) -> Any:
        load_passkeys()
        return view(*args, **kwargs)

    return with_passkeys


def _passkey_added(_app: Flask, **_signal: Any) -> None:
    with joined_transaction() as session:
        note_passkey_added(session, current_user._get_current_object(), now())
