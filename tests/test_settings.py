"""Settings: all of them in config.toml with their defaults, and whatever is wrong stops the start by name."""

import stat
import tomllib

import msgspec
import pytest

from forum.errors import Misconfigured
from forum.settings import SHORT_NAMES, Settings, beside_package, load, reached_at

CONFIG = tomllib.loads(beside_package("config.toml").read_text())
FIELDS = [
    (section.name, field.name, field.type)
    for section in msgspec.structs.fields(Settings)
    for field in msgspec.structs.fields(section.type)
]


def test_every_setting_is_in_config_toml_and_nothing_else():
    assert {(section, name) for section, values in CONFIG.items() for name in values} == {
        (section, name) for section, name, _ in FIELDS
    }
    assert load({}).site.name == CONFIG["site"]["name"]


@pytest.mark.parametrize(("section", "name", "kind"), FIELDS)
def test_every_setting_has_its_default_type_and_one_line_of_why(section, name, kind):
    default = CONFIG[section][name]
    wanted = {float: int | float, list[str]: list}.get(kind, kind)
    assert isinstance(default, wanted)
    text = beside_package("config.toml").read_text().split(f"[{section}]\n")[1].split("\n[")[0]
    [line] = [line for line in text.splitlines() if line.startswith(f"{name} = ")]
    assert " # " in line
    with pytest.raises(msgspec.ValidationError):  # no default in the code: config.toml is the one place
        msgspec.convert(
            {other: value for other, value in CONFIG[section].items() if other != name},
            type(getattr(load({}), section)),
        )


@pytest.mark.parametrize(("section", "name", "kind"), FIELDS)
def test_every_setting_can_be_set_in_the_environment(section, name, kind):
    value = {int: "7", float: "7.5", str: "x" * 32, list[str]: "a.example,b.example", bool: "true"}[kind]
    if name == "url":
        value = {"site": "https://hub.example", "database": "postgres://db/x", "redis": "redis://bus"}[section]
    if name in ("contact", "sender"):
        value = "help@hub.example"
    if name == "security":
        value = "tls"
    if (section, name) == ("passwords", "memory_kib"):
        value = "77"
    environment = {f"FORUM_{section}__{name}".upper(): value}
    if (section, name) == ("service", "workers"):
        environment |= {"FORUM_DATABASE_URL": "postgres://db/forum", "FORUM_REDIS_URL": "redis://bus"}
    found = getattr(getattr(load(environment), section), name)
    number = int(value) if value.isdigit() else 0
    meant = {int: number, float: 7.5, str: value, list[str]: ["a.example", "b.example"], bool: True}
    assert found == meant[kind]


@pytest.mark.parametrize("name", SHORT_NAMES)
def test_short_names_work(name):
    section, field = SHORT_NAMES[name]
    value = {"FORUM_DATABASE_URL": "postgres://db/forum", "FORUM_REDIS_URL": "redis://bus"}.get(name, "x" * 32)
    assert getattr(getattr(load({name: value}), section), field) == value


def test_a_file_of_ones_own_needs_only_what_differs_and_the_environment_wins(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text('[site]\nname = "Our hub"\n\n[limits]\nposts_per_page = 20\n')
    settings = load({"FORUM_CONFIG": str(own), "FORUM_SITE__NAME": "The hub"})
    assert (settings.site.name, settings.limits.posts_per_page) == ("The hub", 20)
    assert settings.limits.post_characters == CONFIG["limits"]["post_characters"]
    assert load({"FORUM_CONFIG": str(own)}, site={"name": "Changed"}).site.name == "Changed"


def test_a_data_folder_may_hold_settings_of_its_own(tmp_path):
    """So that a demo is served as a demo. What is said outside of the folder wins."""
    (tmp_path / "settings.toml").write_text("[sign_in]\nsecond_factor = false\n[site]\nname = 'Folder'\n")
    found = load({"FORUM_DATA": str(tmp_path)})
    assert (found.sign_in.second_factor, found.site.name) == (False, "Folder")
    assert load({}, service={"data": str(tmp_path)}).site.name == "Folder"
    named = tmp_path / "named.toml"
    named.write_text(f"[service]\ndata = '{tmp_path}'\n[site]\nname = 'Named'\n")
    found = load({"FORUM_CONFIG": str(named)})
    assert (found.sign_in.second_factor, found.site.name) == (False, "Named")
    assert load({"FORUM_DATA": str(tmp_path), "FORUM_SIGN_IN__SECOND_FACTOR": "true"}).sign_in.second_factor
    assert load({}).sign_in.second_factor


def test_other_words_of_the_environment_are_nobodys_business():
    assert load({"FORUM": "x", "FORUM_TEST_DATABASE": "x", "PATH": "/bin", "XFORUM_SITE__NAME": "x"}) == load({})


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"FORUM_SITE__NAEM": "x"}, "naem"),
        ({"FORUM_SIGHT__NAME": "x"}, "sight"),
        ({"FORUM_LIMITS__POSTS_PER_PAGE": "many"}, "limits.posts_per_page"),
        ({"FORUM_LIMITS__POSTS_PER_PAGE": "0"}, "limits.posts_per_page"),
        ({"FORUM_LIMITS__POSTS_PER_PAGE": "-5"}, "limits.posts_per_page"),
        ({"FORUM_LIMITS__POSTS_PER_PAGE": "1.5"}, "limits.posts_per_page"),
        ({"FORUM_LIVE__HEARTBEAT_SECONDS": "nan"}, "live.heartbeat_seconds"),
        ({"FORUM_LIVE__HEARTBEAT_SECONDS": "inf"}, "live.heartbeat_seconds"),
        ({"FORUM_SERVICE__WORKERS": "0"}, "service.workers"),
        ({"FORUM_SERVICE__WORKERS": "-1"}, "service.workers"),
        ({"FORUM_SERVICE__WORKERS": "2"}, "service.workers"),
        ({"FORUM_SERVICE__WORKERS": "2", "FORUM_DATABASE_URL": "postgres://db/x"}, "redis.url"),
        ({"FORUM_SECRET_KEY": "short"}, "service.secret_key"),
        ({"FORUM_SITE__URL": "hub.example.org"}, "site.url"),
        ({"FORUM_SITE__URL": "ftp://hub.example.org"}, "site.url"),
        ({"FORUM_SITE__URL": "https://"}, "site.url"),
        ({"FORUM_SITE__URL": "http://hub.example.org"}, "site.url must be https"),
        ({"FORUM_SITE__URL": "https://[hub"}, "site.url"),
        ({"FORUM_SITE__URL": "https://hub.example.org:port"}, "site.url"),
        ({"FORUM_DATABASE_URL": "postgres://[db"}, "database.url"),
        ({"FORUM_DATABASE_URL": "postgres://db:port/forum"}, "database.url"),
        ({"FORUM_DATABASE_URL": "mysql://db/forum"}, "database.url"),
        ({"FORUM_DATABASE_URL": "/var/forum.sqlite3"}, "database.url"),
        ({"FORUM_REDIS_URL": "bus:6379"}, "redis.url"),
        ({"FORUM_INTELLIGENCE__PEOPLE": "4"}, "intelligence.people"),
        ({"FORUM_INTELLIGENCE__COUNCILS": "2"}, "intelligence.councils"),
        ({"FORUM_PASSWORDS__MEMORY_KIB": "1"}, "passwords.memory_kib"),
        ({"FORUM_SESSIONS__IDLE_HOURS": "99999999999"}, "sessions.idle_hours"),
        ({"FORUM_SESSIONS__IDLE_HOURS": "0"}, "sessions.idle_hours must be more than 0"),
        ({"FORUM_SESSIONS__ABSOLUTE_HOURS": "-0.5"}, "sessions.absolute_hours must be more than 0"),
        ({"FORUM_SESSIONS__ABSOLUTE_HOURS": "nan"}, "sessions.absolute_hours"),
        ({"FORUM_SITE__STYLE_PAGE": "perhaps"}, "site.style_page"),
        ({"FORUM_SITE__CONTACT": "ask Ruth"}, "site.contact must be an email address or begin with https://"),
        ({"FORUM_SITE__CONTACT": "ruth@"}, "site.contact"),
        ({"FORUM_SITE__CONTACT": "http://hub.example.org/help"}, "site.contact"),
        ({"FORUM_SITE__CONTACT": "https://"}, "site.contact"),
        ({"FORUM_SITE__CONTACT": "https://[hub"}, "site.contact"),
        ({"FORUM_SITE__CONTACT": "https://hub.example.org/a page"}, "site.contact"),
        ({"FORUM_SITE__CONTACT": "javascript:alert(1)"}, "site.contact"),
        ({"FORUM_CONFIG": "/nowhere/own.toml"}, "/nowhere/own.toml"),
    ],
)
def test_what_is_wrong_is_named_in_one_sentence(environment, words):
    with pytest.raises(Misconfigured) as wrong:
        load(environment)
    assert words in str(wrong.value)
    assert "\n" not in str(wrong.value) and str(wrong.value).endswith(".")


@pytest.mark.parametrize(
    "content",
    [
        "[site",
        "name = 1",
        "[site]\nnaem = 'x'",
        "[sight]\nname = 'x'",
        "[site]\nname = 3",
        "\xff",
        "[[site]]\nname = 'x'",
        "site = 3",
    ],
)
def test_a_wrong_file_is_named(tmp_path, content):
    own = tmp_path / "own.toml"
    own.write_bytes(content.encode("latin-1"))
    with pytest.raises(Misconfigured):
        load({"FORUM_CONFIG": str(own)})


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(Misconfigured, match="cannot be read"):
        load({"FORUM_CONFIG": str(tmp_path)})


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("", {"127.0.0.1", "localhost"}),
        ("http://127.0.0.1:8000", {"127.0.0.1", "localhost"}),
        ("http://localhost:8000", {"127.0.0.1", "localhost"}),
        ("https://hub.example.org", {"hub.example.org"}),
    ],
)
def test_the_names_it_answers_to(url, hosts):
    assert set(load({}, site={"url": url}).hosts) == hosts
    assert load({}, site={"url": url}).is_https == url.startswith("https")
    assert set(load({}, site={"url": url, "hosts": ["other.example"]}).hosts) == {*hosts, "other.example"}


@pytest.mark.parametrize("contact", ["", "help@lga.example", "https://hub.example.org/help?about=access"])
def test_whom_to_tell_is_an_address_of_one_kind_or_another(contact):
    assert load({"FORUM_SITE__CONTACT": contact}).site.contact == contact


@pytest.mark.parametrize(("words", "meant"), [("true", True), ("1", True), ("False", False), ("0", False)])
def test_a_switch_in_the_environment(words, meant):
    assert load({"FORUM_SITE__STYLE_PAGE": words}).site.style_page is meant


def test_where_it_listens_is_judged_like_a_setting():
    assert reached_at(load({}), "http://127.0.0.1:9000").site.url == "http://127.0.0.1:9000"
    with pytest.raises(Misconfigured, match="https"):
        reached_at(load({}), "http://0.0.0.0:8000")


def test_the_secret_is_made_once_and_only_for_its_owner(tmp_path):
    settings = load({"FORUM_DATA": str(tmp_path)})
    first = settings.secret()
    assert settings.secret() == first and len(first) >= 32
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert load({"FORUM_DATA": str(tmp_path), "FORUM_SECRET_KEY": "k" * 32}).secret() == b"k" * 32


def test_a_secret_that_cannot_be_kept_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="secret"):
        load({"FORUM_DATA": str(tmp_path / "nowhere")}).secret()
    with pytest.raises(Misconfigured, match="secret"):
        load({"FORUM_DATA": str(tmp_path / "file")}).secret()
    (tmp_path / "secret").write_text("")
    with pytest.raises(Misconfigured, match="secret"):
        load({"FORUM_DATA": str(tmp_path)}).secret()


def test_the_database_is_in_the_data_folder_unless_it_is_named(tmp_path):
    assert load({"FORUM_DATA": str(tmp_path)}).database_url == f"sqlite://{tmp_path}/forum.sqlite3"
    assert load({"FORUM_DATABASE_URL": "postgres://db/forum"}).database_url == "postgres://db/forum"
