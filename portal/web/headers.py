"""Headers of every answer: pages, fragments, files and errors."""

from flask import Flask, Response

POLICY = {
    "default-src": "'none'",
    "object-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    # Pico draws its checkmarks and chevrons with data: images in its stylesheet.
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}

HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: Flask-WTF compares the referrer of every POST over HTTPS.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}

ONE_YEAR = 365 * 24 * 3600  # seconds
SECURE = f"max-age={ONE_YEAR}; includeSubDomains"


def init_app(app: Flask) -> None:
    """Set the headers on every answer of the app."""
    # Private unless said otherwise: most pages have a token or somebody's name in them.
    always = HEADERS | {"Cache-Control": "no-store"}
    if app.config["BASE_URL"].startswith("https://"):
        always["Strict-Transport-Security"] = SECURE

    @app.after_request
    def set_headers(answer: Response) -> Response:
        said = {name.lower() for name, _ in answer.headers}
        answer.headers.extend(
            [(name, value) for name, value in always.items() if name.lower() not in said]
        )
        return answer


def may_be_kept(answer: Response) -> Response:
    """Let the visitor's browser keep a page that has nothing private, and ask again each time."""
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer
