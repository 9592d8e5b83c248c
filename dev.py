"""Set the project up in `.venv` beside this file, then run it, its tests, its checks or its benchmarks.

Only the standard library is used, because nothing else is there yet. What was installed is stamped, so that
the next run starts at once; while it is being installed there is no stamp, so that half a set-up starts again.
"""

import hashlib
import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

USAGE = """python3 dev.py COMMAND [words that go on to it]

  demo    the demo world in the browser        (forum demo)
  test    the suite on SQLite, then PostgreSQL (pytest)
  check   style and types                      (ruff, mypy)
  bench   what performance claims rest on      (benchmarks)
"""
ROOT = Path(__file__).resolve().parent
BIN = ROOT / ".venv/bin"
STAMP = ROOT / ".venv/installed"
NO_TESTS = 5


def main(command="", *words):
    if command in ("-h", "--help"):
        print(USAGE)
        return 0
    if command not in COMMANDS:
        stop(f"There is no command {command!r}: say {', '.join(COMMANDS)}." if command else USAGE)
    if sys.version_info < (3, 11):  # noqa: UP036 (what pyproject.toml asks for, nobody has checked yet)
        stop("Python 3.11 or later is needed, and this is {}.{}.".format(*sys.version_info))
    return COMMANDS[command](*words)


def demo(*words):
    install("requirements.lock")
    os.execv(BIN / "forum", ["forum", "demo", *words])


def test(*words):
    install("requirements.lock", "requirements-test.lock")
    workers = [] if "no:xdist" in " ".join(words) else ["-n", "2"]
    statuses = []
    for database in "sqlite", "postgres":
        print(f"\nTests on {database}", flush=True)
        statuses.append(run("python", "-m", "pytest", *workers, *words, FORUM_TEST_DATABASE=database))
        if statuses[-1] not in (0, 1, NO_TESTS):  # interrupted, or the words are wrong: once is enough
            break
    return max((status for status in statuses if status != NO_TESTS), key=abs, default=NO_TESTS)


def check(*words):
    install("requirements.lock", "requirements-test.lock")
    return max(run("ruff", "check"), run("ruff", "format", "--check"), run("python", "-m", "mypy"))


def bench(*words):
    install("requirements.lock", "requirements-test.lock")
    os.chdir(ROOT)
    python = str(BIN / "python")  # whole: by its bare name a Python does not know that it is a venv's
    os.execv(python, [python, "-m", "benchmarks", *words])


COMMANDS = {"demo": demo, "test": test, "check": check, "bench": bench}


def run(tool, *words, **environment):
    with subprocess.Popen([BIN / tool, *words], cwd=ROOT, env={**os.environ, **environment}) as child:
        signal.signal(signal.SIGINT, lambda *_: None)  # a terminal tells the child too, and we wait for its last words
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        return child.wait()


def install(*locks):
    # A venv holds absolute paths and one version of Python: moved, or with another, it has to be made again.
    place = digest(f"{ROOT} {sys.version_info[:2]}".encode())
    wanted = {place, *(digest((ROOT / name).read_bytes()) for name in ("pyproject.toml", *locks))}
    done = set(STAMP.read_text().split()) if STAMP.exists() and (BIN / "python").exists() else set()
    if wanted <= done:
        return
    STAMP.unlink(missing_ok=True)
    if place not in done:
        make_venv()
    for lock in locks:
        pip(f"packages from {lock}", "--require-hashes", "--only-binary", ":all:", "-r", ROOT / lock)
    pip("the project itself", "--no-deps", "--no-build-isolation", "-e", ROOT)
    STAMP.write_text("\n".join(wanted))


def make_venv():
    own_pip = bool(importlib.util.find_spec("ensurepip"))
    if not importlib.util.find_spec("venv") or not (own_pip or importlib.util.find_spec("pip")):
        stop("Python's venv module is missing: on Debian, `apt install python3-venv` brings it.")
    import venv

    print("Making .venv", flush=True)
    venv.create(ROOT / ".venv", clear=True, symlinks=True, with_pip=own_pip)


def pip(what, *words):
    print(f"Installing {what} ", end="", flush=True)
    tool = [BIN / "python", "-m", "pip"]
    if not (BIN / "pip").exists():
        tool = [sys.executable, "-m", "pip", "--python", BIN / "python"]
    command = [*tool, "install", "--progress-bar", "off", "--disable-pip-version-check", *words]
    said = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as child:
        for line in child.stdout:
            said.append(line)
            if line.startswith(("Collecting ", "Processing ", "Requirement already ")):
                print(".", end="", flush=True)
            elif line.startswith("Installing collected "):
                print(" putting them in place", end="", flush=True)
    print()
    if child.returncode:
        stop("".join(said[-12:]) + f"pip could not install {what}; its last words are above.", status=1)


def digest(content):
    return hashlib.sha256(content).hexdigest()


def stop(message, status=2):
    print(message, file=sys.stderr)
    sys.exit(status)


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
