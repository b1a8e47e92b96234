"""Dockerfile and compose.yaml, as far as Docker isn't needed: what they name exists."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from click import Context
from flask import Flask
from gunicorn.config import Config

from portal.config import IN_FILE, SETTINGS

ROOT = Path(__file__).resolve().parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]
DOCKERFILE = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text())
VARIABLE = re.compile(r"\$\{([A-Z_]+)")
PINNED = re.compile(r"[a-z]+:\d+\.\d+(\.\d+)?-[a-z-]+")


def instructions(name: str, stage: str = DOCKERFILE) -> list[str]:
    """What follows each instruction of this name."""
    return re.findall(rf"^{name} (.+)$", stage, re.M)


def last_stage() -> str:
    return "FROM" + DOCKERFILE.rsplit("\nFROM", 1)[1]


@pytest.mark.parametrize("name", OURS)
def test_what_a_container_is_told_are_settings_of_ours(name: str) -> None:
    known = {setting.name for setting in SETTINGS}
    known |= {f"{setting}{IN_FILE}" for setting in known}
    told = SERVICES[name]["environment"]
    assert set(told) <= known
    assert {"DATABASE_URL", "SECRET_KEY", "BASE_URL", "TRUSTED_PROXIES"} <= set(told)


@pytest.mark.parametrize("name", OURS)
def test_a_container_writes_nowhere_and_has_no_rights(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/" + "tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_there_are_two_of_each_behind_exactly_one_proxy() -> None:
    commands = [shlex.split(SERVICES[name]["command"])[:2] for name in OURS]
    assert sorted(commands) == sorted(
        [
            ["flask", "prepare"],
            *[["flask", "worker"]] * 2,
            *[["gunicorn", "--bind=0.0.0.0:8000"]] * 2,
        ]
    )
    names = [name for name in OURS if "gunicorn" in SERVICES[name]["command"]]
    caddyfile = COMPOSE["configs"]["caddyfile"]["content"]
    assert re.findall(r"(\S+):8000", caddyfile) == names
    assert [SERVICES[name]["environment"]["TRUSTED_PROXIES"] for name in names] == ["1", "1"]
    # With this line Caddy would believe what visitors say about their own address.
    assert "trusted_proxies" not in caddyfile
    # Visitors have no other way in.
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


def test_all_wait_until_the_schema_is_up_to_date() -> None:
    for name in set(OURS) - {"prepare"}:
        condition = {"condition": "service_completed_successfully"}
        assert SERVICES[name]["depends_on"] == {"prepare": condition}
    assert SERVICES["prepare"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert SERVICES["prepare"]["restart"] == "no"


def test_the_commands_exist(app: Flask) -> None:
    typed = [SERVICES[name]["command"] for name in OURS]
    [default] = instructions("CMD", last_stage().split("HEALTHCHECK")[1])[-1:]
    typed.append(" ".join(yaml.safe_load(default)))
    for command in typed:
        program, *words = shlex.split(command)
        if program == "flask":
            assert words[0] in app.cli.list_commands(Context(app.cli)), command
        else:
            assert program == "gunicorn"
            options = Config().parser().parse_args(words)
            assert options.args == ["app:app"]


def test_every_variable_is_explained_in_the_example() -> None:
    explained = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))
    assert set(VARIABLE.findall((ROOT / "compose.yaml").read_text())) == explained


def test_images_are_pinned() -> None:
    arguments = dict(each.split("=") for each in instructions("ARG"))
    images = [each.split()[0].strip("${}") for each in instructions("FROM")]
    used = [arguments[name] for name in images]
    used += [service["image"] for name, service in SERVICES.items() if name not in OURS]
    assert len(used) == 5
    assert not [image for image in used if not PINNED.fullmatch(image)]


def test_the_image_has_what_the_site_needs_and_no_node() -> None:
    stage = last_stage()
    copied = [each.split()[:-1] for each in instructions("COPY", stage)]
    ours = {path for sources in copied for path in sources if not sources[0].startswith("--from")}
    assert {"app.py", "portal", "templates", "static", "migrations"} <= ours
    allowed = (ROOT / ".dockerignore").read_text().splitlines()
    for path in (*ours, *instructions("COPY")[0].split()[:-1]):
        assert (ROOT / path).exists()
        assert f"!{path}" in allowed
    assert not re.search(r"\b(node|npm)\b", stage)
    [user] = instructions("USER", stage)
    assert int(user.split(":")[0]) > 1000
    assert stage.index("USER") < stage.index("CMD")
    assert "/healthz" in stage[stage.index("HEALTHCHECK") :]
