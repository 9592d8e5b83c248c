"""Runs the benchmarks named on the command line, or all of them. Exit status 1 when a claim does not hold."""

import importlib
import sys

NAMES = ("audit", "exports", "first_view", "live", "pages", "summary")


def main(names: list[str]) -> int:
    if unknown := [name for name in names if name not in NAMES]:
        print(f"There is no benchmark {unknown[0]}: say {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    held = [importlib.import_module(f"benchmarks.{name}").main() for name in names or NAMES]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
