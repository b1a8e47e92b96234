"""Settings: what mails to clients say, in the practice's own words or the portal's."""

from flask import Blueprint, Response, request, url_for
from markupsafe import Markup

from portal.actions.message_words import require_usable, save_words, use_the_portals_words
from portal.errors import Changed, WrongField
from portal.languages import name_of, translated
from portal.mail.own_words import OwnWords
from portal.models import Right
from portal.queries.message_words import (
    default_language,
    find_message,
    load_message,
    load_messages,
    preview,
)
from portal.web.access import open_to
from portal.web.accounts import current_member, those_who_may
from portal.web.forms.message import MessageForm
from portal.web.forms.team import take_refusal
from portal.web.htmx import render_page, whole_page
from portal.web.request_time import now

blueprint = Blueprint("messages", __name__)

KEPT_TAGS = {"br", "div", "h3", "li", "p", "span", "strong", "ul"}
"""Of a mail's HTML on a page: its links would lead to nothing, and its styles are the page's."""


@blueprint.get("/practice/settings/messages")
@open_to(those_who_may(Right.SETTINGS))
def index() -> Response:
    """List the messages to clients."""
    language = _language()
    return render_page(
        "practice/messages.html",
        messages=load_messages(language),
        chosen=language,
        languages=[(tag, name_of(tag)) for tag in translated()],
    )


@blueprint.get("/practice/settings/messages/<kind>")
@open_to(those_who_may(Right.SETTINGS))
def show(kind: str) -> Response:
    """Show a message's words to edit, and how it looks with them."""
    stored = load_message(kind, _language(), current_member(), now())
    return _page(kind, MessageForm.of(stored), words=stored.words)


@blueprint.post("/practice/settings/messages/<kind>")
@open_to(those_who_may(Right.SETTINGS))
def save(kind: str) -> Response:
    """Store the words, and show them again."""
    form, language = MessageForm(), _language()
    words = _usable(kind, form)
    if words is None:
        return _page(kind, form, 422)
    try:
        seen = int(form.version.data or 0)
        save_words(kind, language, words, seen, current_member(), now())
    except Changed as refusal:
        return _page(kind, form, 409, refusal, words=words)
    return whole_page(url_for(".show", kind=kind, language=language, saved=1))


@blueprint.post("/practice/settings/messages/<kind>/preview")
@open_to(those_who_may(Right.SETTINGS))
def show_preview(kind: str) -> Response:
    """Show how the message looks with what is typed, saved or not."""
    form = MessageForm()
    words = _usable(kind, form)
    return _page(kind, form, 200 if words else 422, words=words)


@blueprint.post("/practice/settings/messages/<kind>/removal")
@open_to(those_who_may(Right.SETTINGS))
def remove(kind: str) -> Response:
    """Go back to the portal's words."""
    language, seen = _language(), request.form.get("version", type=int) or 0
    try:
        use_the_portals_words(kind, language, seen, current_member(), now())
    except Changed as refusal:
        stored = load_message(kind, language, current_member(), now())
        return _page(kind, MessageForm.of(stored), 409, refusal, words=stored.words)
    return whole_page(url_for(".show", kind=kind, language=language, removed=1))


def _language() -> str:
    return request.args.get("language") or default_language()


def _usable(kind: str, form: MessageForm) -> OwnWords | None:
    """What is typed; None where it can't be used, and then the fields say why. Raises NotFound."""
    find_message(kind, _language())
    if not form.validate():
        return None
    try:
        require_usable(kind, form.words())
    except WrongField as refusal:
        take_refusal(form, refusal)
        return None
    return form.words()


def _page(
    kind: str,
    form: MessageForm,
    status: int = 200,
    refused: Changed | None = None,
    *,
    words: OwnWords | None = None,
) -> Response:
    """The editor; `words` are those to look at, None where what is typed can't be used."""
    stored = load_message(kind, _language(), current_member(), now())
    others = form.others(stored) if refused else []
    if refused:
        # Whoever saves again after hearing of another's changes has seen them.
        form.version.data = str(stored.version)
    mail = preview(kind, stored.language, words, current_member(), now()) if words else None
    return render_page(
        "practice/message.html",
        fragment="preview",
        status=status,
        message=stored,
        language_name=name_of(stored.language) if len(translated()) > 1 else None,
        form=form,
        mail=mail,
        as_html=_as_html(mail.html) if mail else None,
        refused=refused,
        others=others,
        said={name: name in request.args and status == 200 for name in ("saved", "removed")},
    )


def _as_html(html: str) -> Markup:
    """The mail's HTML as a part of a page, whose policy lets no style in a tag pass."""
    # A megabyte and a half that one page of the settings needs.
    import nh3

    below = html.replace("<h1", "<h3").replace("</h1>", "</h3>")
    cleaned = nh3.clean(
        below,
        tags=KEPT_TAGS | {"a"},
        clean_content_tags={"script", "style", "title"},
        attributes={"*": {"class"}},
        link_rel=None,
    )
    return Markup(cleaned)  # noqa: S704  # nothing is left in it but plain tags
