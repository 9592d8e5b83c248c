"""The house rules that a reader could only hope for: imports point one way, one door for writes, nothing is global."""

import ast
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from graphlib import TopologicalSorter

import pytest

from forum.settings import PACKAGE

ROOT = PACKAGE.parent

# architecture.md's picture. A layer may import those it names, and itself; all of them, what stands on the ground.
LAYERS = {
    "ground": {"settings", "errors"},
    "models": {"models", "migrations"},
    "storage": {"database", "sqlite", "migrating"},
    "services": {
        "audit",
        "permissions",
        "users",
        "readers",
        "reading",
        "anchors",
        "context",
        "markup",
        "moments",
        "aside",
        "bus",
        "mail",
        "passwords",
        "password_rules",
        "archive_lines",
        "archiving",
    },
    "actions": {"actions"},
    "live": {"live"},
    "intelligence": {"intelligence"},
    "web": {"web"},
    "wire": {"wire"},
    "app": {"app"},
    "demo": {"demo"},
    "cli": {"cli", "__main__"},
}
ARROWS = {
    "ground": set(),
    "wire": set(),
    "models": set(),
    "storage": {"models"},
    "services": {"models", "storage"},
    "live": {"models", "storage", "services"},
    "intelligence": {"models", "storage", "services"},
    "actions": {"models", "storage", "services", "intelligence"},  # what leaves is scanned and counted where it is kept
    "web": {"models", "storage", "services", "actions", "live", "intelligence"},
    "app": {"services", "actions", "live", "web"},
    "demo": {"models", "storage", "services", "intelligence", "actions"},
    "cli": {"models", "storage", "services", "actions", "wire", "app", "demo"},
}


def sources() -> dict[str, str]:
    """Every module of the package by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text()
    return found


SOURCES = sources()


def imports_of(name: str, source: str) -> set[str]:
    """The modules of the package that a module imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            module = node.module or ""
            found |= {
                f"{module}.{alias.name}" if f"{module}.{alias.name}" in SOURCES else module for alias in node.names
            }
    return {module for module in found if module.split(".")[0] == "forum"}


def layer_of(module: str) -> str:
    part = [*module.split("."), "__main__"][1]
    [layer] = [layer for layer, parts in LAYERS.items() if part in parts] or [f"no layer for {module}"]
    return layer


def wrong_arrows(name: str, source: str) -> list[str]:
    here = layer_of(name)
    allowed = ARROWS[here] | {here, "ground"}
    return [f"{name} → {module}" for module in sorted(imports_of(name, source)) if layer_of(module) not in allowed]


@pytest.mark.parametrize("name", [name for name in SOURCES if name != "forum"])
def test_imports_point_one_way(name):
    assert wrong_arrows(name, SOURCES[name]) == []


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("forum.models.posts", "from forum.permissions import can_edit"),
        ("forum.permissions", "import forum.actions.posts"),
        ("forum.actions.posts", "from forum.web import rendering"),
        ("forum.actions.posts", "def late():\n    from forum.live import Hub"),
        ("forum.live", "from forum.web.rendering import Pages"),
        ("forum.live", "from forum.actions.sessions import signed_in"),
        ("forum.web.posts", "from forum import app"),
        ("forum.intelligence.summary", "from forum.actions.posts import write_post"),
        ("forum.settings", "from forum.models import Post"),
        ("forum.database", "from forum.context import Forum"),
    ],
)
def test_a_wrong_arrow_is_found(name, line):
    assert wrong_arrows(name, f"from forum.errors import Invalid\n{line}\n")


def test_imports_make_no_circle():
    graph = {name: imports_of(name, source) & SOURCES.keys() - {name} for name, source in SOURCES.items()}
    assert list(TopologicalSorter(graph).static_order())


# The one door for writes.


def calls(source: str) -> Iterator[tuple[ast.Call, list[str]]]:
    """Every call, with the decorators of the functions around it."""

    def walk(node: ast.AST, decorators: list[str]) -> Iterator[tuple[ast.Call, list[str]]]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            decorators = [*decorators, *(ast.unparse(decorator) for decorator in node.decorator_list)]
        if isinstance(node, ast.Call):
            yield node, decorators
        for child in ast.iter_child_nodes(node):
            yield from walk(child, decorators)

    return walk(ast.parse(source), [])


def open_transactions(source: str) -> list[int]:
    opening = {"transaction", "in_transaction", "_in_transaction", "atomic", "executescript"}
    return [call.lineno for call, _ in calls(source) if ast.unparse(call.func).split(".")[-1] in opening]


@pytest.mark.parametrize("name", SOURCES)
def test_nothing_but_the_door_opens_a_transaction(name):
    if name not in ("forum.context", "forum.database", "forum.migrating"):
        assert open_transactions(SOURCES[name]) == []


def test_a_transaction_elsewhere_is_found():
    assert open_transactions("async def sneak():\n    async with connections.get('x')._in_transaction():\n        pass")
    assert open_transactions(SOURCES["forum.context"])


def unmarked_writes(source: str) -> list[str]:
    doors = {f"{forum}.{door}" for forum in ("forum", "self.forum") for door in ("write", "change", "end_right")}
    return [
        f"line {call.lineno}: {ast.unparse(call)}"
        for call, decorators in calls(source)
        if ast.unparse(call.func).endswith(tuple(doors)) and "action" not in decorators
    ]


@pytest.mark.parametrize("name", SOURCES)
def test_every_write_is_inside_an_action(name):
    assert unmarked_writes(SOURCES[name]) == []


def test_an_unmarked_write_is_found():
    written = "async def sneak(forum):\n    async with forum.write():\n        pass\n"
    assert unmarked_writes(written)
    assert unmarked_writes(written.replace("forum.write", "request.app.state.forum.change"))
    assert not unmarked_writes(f"@action\n{written}")
    assert sum(source.count("async with forum.") for source in SOURCES.values()) > 10


WRITING = {
    "create",
    "bulk_create",
    "save",
    "bulk_update",
    "get_or_create",
    "update_or_create",
    "delete",
    "execute_query",
}


def layers_of_imports(name: str) -> set[str]:
    return {layer_of(module) for module in imports_of(name, SOURCES[name])}


@pytest.mark.parametrize(
    "name", [name for name in SOURCES if layer_of(name) in ("web", "live", "intelligence", "services", "cli", "app")]
)
def test_only_actions_change_what_is_stored(name):
    written = [
        ast.unparse(call)
        for call, _ in calls(SOURCES[name])
        if isinstance(call.func, ast.Attribute) and call.func.attr in WRITING
    ]
    sql = [
        node.value
        for node in ast.walk(ast.parse(SOURCES[name]))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.lstrip().startswith(("INSERT", "UPDATE ", "DELETE "))
    ]
    if name.startswith("forum.intelligence.exports."):  # they save pictures and papers, and know no models
        assert layers_of_imports(name) & {"models", "storage"} == set() or written == []
        assert sql == []
    elif name == "forum.context":  # the two numbers that the door itself hands out
        assert len(sql) == 2
    elif name == "forum.audit":  # a row of the log, and where the log stands
        assert (len(written), len(sql)) == (1, 1)
    else:
        assert (written, sql) == ([], [])


# Nothing is global.

ALIVE = {
    *(
        "Forum",
        "Hub",
        "Room",
        "Database",
        "Client",
        "MemoryBus",
        "RedisBus",
        "open_bus",
        "Passwords",
        "Pages",
        "Settings",
    ),
    *("load", "create_app", "Starlette", "SignInLimits", "Environment", "TortoiseContext", "ThreadPoolExecutor"),
    *("Lock", "Event", "Queue", "dict", "list", "set", "defaultdict", "deque", "Counter", "OrderedDict", "WeakSet"),
}
HARMLESS = {"logger", "__all__", "client_class", "_markdown", "_decoder"}  # the last two keep nothing


def globals_of(source: str) -> list[str]:
    """Module-level names that could carry something from one service to another."""
    tree = ast.parse(source)
    found = [f"line {node.lineno}: global" for node in ast.walk(tree) if isinstance(node, ast.Global)]
    for node in tree.body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if value is None:
            continue
        [target, *_] = node.targets if isinstance(node, ast.Assign) else [node.target]
        name = ast.unparse(target)
        is_empty = ast.unparse(value) in ("[]", "{}", "set()")
        made = {ast.unparse(call.func).split(".")[-1] for call in ast.walk(value) if isinstance(call, ast.Call)}
        if is_empty or made & ALIVE or (name == name.lower() and name not in HARMLESS):
            found.append(f"line {node.lineno}: {name}")
    return found


@pytest.mark.parametrize("name", SOURCES)
def test_no_module_holds_state(name):
    assert globals_of(SOURCES[name]) == []


def test_module_state_is_found():
    for source in (
        "cache = {}",
        "seen: list[int] = []",
        "bus = MemoryBus()",
        "FORUM = context.Forum(load())",
        "def set_it():\n    global forum\n    forum = 1",
        "kept = dict()",
        "current = None",
    ):
        assert globals_of(source), source
    assert not globals_of('LIMITS = {"a": 1}\nROOT = Path(__file__).parent')


# What is installed is whole.


def test_the_installed_package_finds_all_its_parts(tmp_path):
    """A wheel, in a folder of its own: pages, settings, lists and the demo's words are in it."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(installed)
    for part in "templates", "static", "reference", "demo":
        here = {path.name for path in (PACKAGE / part if (PACKAGE / part).exists() else ROOT / part).rglob("*.*")}
        there = {path.name for path in (installed / "forum" / part).rglob("*.*")}
        assert {name for name in here if not name.endswith(".pyc")} == there
        assert there
    environment = {"PYTHONPATH": str(installed), "PATH": "/usr/bin:/bin", "FORUM_DATA": str(tmp_path / "data")}
    answer = subprocess.run(
        [sys.executable, "-c", ASK], cwd=tmp_path, env=environment, check=False, capture_output=True, text=True
    )
    assert answer.stdout.split() == [str(installed / "forum" / "__init__.py"), "200", "200", "72", "True"], (
        answer.stderr
    )


ASK = """
import asyncio, httpx2, re, forum
from forum.actions.reference import load_reference
from forum.app import create_app
from forum.context import open_forum
from forum.demo import world
from forum.models import Theme
from forum.settings import beside_package, load

async def ask():
    async with open_forum(load(), migrate=True) as opened:
        await load_reference(opened)
        transport = httpx2.ASGITransport(app=create_app(opened))
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as browser:
            page = await browser.get("/sign-in")
            style = await browser.get(re.search('"(/static/site[^"]+)"', page.text)[1])
        print(forum.__file__, page.status_code, style.status_code, await Theme.all().count())
        print(beside_package("config.toml").is_relative_to(forum.__path__[0]))

asyncio.run(ask())
"""
