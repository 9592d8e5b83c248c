"""Settings: config.toml, then settings.toml in the data folder, the file named in FORUM_CONFIG, and the environment.
Unknown names stop the start."""

from __future__ import annotations

import os
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import msgspec
from email_validator import EmailNotValidError, validate_email

from forum.errors import Misconfigured

SHORT_NAMES = {
    "FORUM_DATA": ("service", "data"),
    "FORUM_SECRET_KEY": ("service", "secret_key"),
    "FORUM_DATABASE_URL": ("database", "url"),
    "FORUM_REDIS_URL": ("redis", "url"),
}
PACKAGE = Path(__file__).parent
SECRET_LENGTH = 32
OWN_FILE = "settings.toml"  # in the data folder, so that a folder is served as it was made
MOST = {
    "sessions": 100_000,
    "groups": 3_650,
    "invitations": 10_000,
    "sign_up": 3_650,
}  # hours, days: a time so far off has a date


def beside_package(name: str) -> Path:
    """Where `templates`, `static` or `config.toml` is: at the top of a checkout, inside the package when installed."""
    installed = PACKAGE / name
    return installed if installed.exists() else PACKAGE.parent / name


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table of config.toml, where each field's default and meaning stand."""


class Site(Section, frozen=True):
    name: str
    url: str
    hosts: list[str]
    proxies: str
    contact: str
    style_page: bool


class ServiceSettings(Section, frozen=True):
    data: str
    secret_key: str
    workers: int


class DatabaseSettings(Section, frozen=True):
    url: str


class RedisSettings(Section, frozen=True):
    url: str


class Sessions(Section, frozen=True):
    idle_hours: float
    absolute_hours: float


class SignIn(Section, frozen=True):
    second_factor: bool
    tries_per_account: int
    tries_per_address: int


class Groups(Section, frozen=True):
    read_only_days: int
    visit_hours: float


class SignUp(Section, frozen=True):
    keep_days: int


class Invitations(Section, frozen=True):
    days: int
    letters_per_day: int


class Passwords(Section, frozen=True):
    memory_kib: int
    passes: int
    threads: int


class MailSettings(Section, frozen=True):
    host: str
    port: int
    security: str
    username: str
    password: str
    sender: str
    timeout_seconds: float


class Limits(Section, frozen=True):
    body_bytes: int
    request_seconds: float
    post_characters: int
    posts_per_page: int


class Live(Section, frozen=True):
    heartbeat_seconds: float
    check_seconds: float
    unsent_bytes: int
    sockets_per_person: int
    changes_at_once: int


class Intelligence(Section, frozen=True):
    people: int
    councils: int
    people_leaving: int


class Settings(Section, frozen=True):
    """Everything that config.toml holds. `load` is the only way to one."""

    site: Site
    service: ServiceSettings
    database: DatabaseSettings
    redis: RedisSettings
    sessions: Sessions
    sign_in: SignIn
    passwords: Passwords
    groups: Groups
    sign_up: SignUp
    invitations: Invitations
    mail: MailSettings
    limits: Limits
    live: Live
    intelligence: Intelligence

    @property
    def data(self) -> Path:
        return Path(self.service.data)

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite://{self.data.absolute() / 'forum.sqlite3'}"

    @property
    def is_https(self) -> bool:
        return urlsplit(self.site.url).scheme == "https"

    @property
    def hosts(self) -> list[str]:
        """The names this service answers to. On loopback all of loopback's names are one place."""
        host = urlsplit(self.site.url).hostname or "127.0.0.1"
        return [host, *self.site.hosts, *(["localhost", "127.0.0.1"] if is_loopback(host) else [])]

    def secret(self) -> bytes:
        """The key for keyed hashes: from the settings, or made once in the data folder."""
        if self.service.secret_key:
            return self.service.secret_key.encode()
        path = self.data / "secret"
        try:
            if not path.exists():
                with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                    file.write(secrets.token_urlsafe(32))
            secret = path.read_bytes()
        except OSError as fault:
            raise Misconfigured(f"The secret in {path} cannot be read or made: {fault.strerror}.") from None
        if len(secret) < SECRET_LENGTH:
            raise Misconfigured(f"The secret in {path} has fewer than {SECRET_LENGTH} characters.")
        return secret


def load(environment: Mapping[str, str] = os.environ, **changed: Mapping[str, Any]) -> Settings:
    """The settings in force; `changed` gives sections of values that win over all. Misconfigured says what is wrong."""
    values = _read(beside_package("config.toml"))
    own = _read(Path(environment["FORUM_CONFIG"])) if environment.get("FORUM_CONFIG") else {}
    layers = [own, _from_environment(environment), changed]
    services = [service for layer in (values, *layers) if isinstance(service := layer.get("service"), Mapping)]
    folder = [service["data"] for service in services if "data" in service][-1]
    if (kept := Path(str(folder)) / OWN_FILE).exists():
        layers.insert(0, _read(kept))
    for layer in layers:
        _overlay(values, layer)
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as fault:
        words, _, place = str(fault).partition(" - at `$.")
        if "unknown field" in words:
            unknown = words.split("`")[1]
            raise Misconfigured(
                f"There is no setting {f'{place}.' if place else ''}{unknown}.".replace("`", "")
            ) from None
        raise Misconfigured(f"Setting {place.rstrip('`') or 'file'}: {words[0].lower()}{words[1:]}.") from None
    _judge(settings)
    return settings


def make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        raise Misconfigured(f"The data folder {folder} cannot be made: {fault.strerror}.") from None


def reached_at(settings: Settings, url: str) -> Settings:
    """The same settings with `url` as the public address."""
    settings = msgspec.structs.replace(settings, site=msgspec.structs.replace(settings.site, url=url))
    _judge(settings)
    return settings


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError:
        raise Misconfigured(f"The settings file {path} cannot be read.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise Misconfigured(f"The settings file {path} is not valid TOML: {fault}.") from None


def _overlay(values: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for section, fields in changes.items():
        if not isinstance(fields, Mapping):
            raise Misconfigured(f"Setting {section}: a setting stands in a section, such as [site].")
        values[section] = {**values.get(section, {}), **fields}


def _from_environment(environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    values: dict[str, dict[str, Any]] = {}
    for name, value in environment.items():
        if name in SHORT_NAMES:
            section, field = SHORT_NAMES[name]
        elif name.startswith("FORUM_") and "__" in name:
            section, field = name.removeprefix("FORUM_").lower().split("__", 1)
        else:
            continue
        is_list = section == "site" and field == "hosts"
        values.setdefault(section, {})[field] = value.split(",") if is_list else value
    return values


def _judge(settings: Settings) -> None:
    url = _address("site.url", settings.site.url)
    database = _address("database.url", settings.database.url)
    redis = _address("redis.url", settings.redis.url)
    wrong = [
        (settings.site.url and url.scheme not in ("http", "https"), "site.url must begin with http:// or https://"),
        (settings.site.url and not url.hostname, "site.url must name a host"),
        (
            url.scheme == "http" and not is_loopback(url.hostname or ""),
            "site.url must be https except on this machine: passwords would travel in the open",
        ),
        (
            settings.site.contact and not is_contact(settings.site.contact),
            "site.contact must be an email address or begin with https://, or be empty",
        ),
        (
            settings.database.url and database.scheme not in ("sqlite", "postgres", "postgresql"),
            "database.url must begin with sqlite:// or postgres://",
        ),
        (
            settings.redis.url and redis.scheme not in ("redis", "rediss", "unix"),
            "redis.url must begin with redis://, rediss:// or unix://",
        ),
        (
            0 < len(settings.service.secret_key) < SECRET_LENGTH,
            f"service.secret_key must have at least {SECRET_LENGTH} characters",
        ),
        (not is_contact(settings.mail.sender), "mail.sender must be an email address"),
        (settings.mail.security not in ("starttls", "tls", "none"), "mail.security must be starttls, tls or none"),
        (
            settings.mail.security == "none" and settings.mail.host and not is_loopback(settings.mail.host),
            "mail.security must be starttls or tls except on this machine: letters would travel in the open",
        ),
        (not 0 < settings.mail.port < 65536, "mail.port must be a port"),
        (not 0 < settings.mail.timeout_seconds <= 300, "mail.timeout_seconds must be more than 0, and at most 300"),
        (settings.service.workers < 1, "service.workers must be at least 1"),
        (0 < settings.passwords.memory_kib < 8, "passwords.memory_kib must be at least 8: argon2 takes no less"),
        (settings.intelligence.people < 5, "intelligence.people must be at least 5"),
        (settings.intelligence.councils < 3, "intelligence.councils must be at least 3"),
        (
            settings.intelligence.people_leaving < settings.intelligence.people,
            "intelligence.people_leaving must be at least intelligence.people: what leaves tells more people",
        ),
        (
            settings.service.workers > 1 and settings.database_url.startswith("sqlite:"),
            "service.workers must be 1 on SQLite: one process writes it; several need PostgreSQL and Redis",
        ),
        (settings.service.workers > 1 and not settings.redis.url, "redis.url is needed by more than one worker"),
    ]
    numbers = [("limits", settings.limits), ("live", settings.live), ("sessions", settings.sessions)]
    numbers += [("sign_in", settings.sign_in), ("passwords", settings.passwords), ("groups", settings.groups)]
    numbers += [("sign_up", settings.sign_up), ("invitations", settings.invitations)]
    wrong += [
        (
            not 0 < getattr(section, field) <= MOST.get(name, 10**9),
            f"{name}.{field} must be more than 0, and at most {MOST.get(name, 10**9):,}",
        )
        for name, section in numbers
        for field in section.__struct_fields__
        if not isinstance(getattr(section, field), bool)
    ]
    for is_wrong, sentence in wrong:
        if is_wrong:
            raise Misconfigured(f"Setting {sentence}.")


def _address(name: str, url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as fault:
        raise Misconfigured(f"Setting {name} is not an address: {fault}.") from None
    return parts


def is_contact(words: str) -> bool:
    """Whether it is an email address, or that of a page."""
    if words.startswith("https://"):
        return bool(_address("site.contact", words).hostname) and words.isprintable() and " " not in words
    try:
        validate_email(words, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return True


def is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")
