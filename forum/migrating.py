"""Tortoise's migrations, wrapped so that they keep data.

Left alone they rebuild a SQLite table with foreign keys on, so that dropping the old one cascades into its children,
and they forget uniques, indexes and triggers of the rebuilt table. Here each step runs in one transaction with its
record, with foreign keys off, and ends with lost objects put back and every foreign key checked.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tortoise.migrations import operations
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget, PlanStep
from tortoise.transactions import in_transaction

from forum.errors import Misconfigured
from forum.sqlite import Client, make_private

LOCK = 7_114_025_311  # any number that only this service's migrations use


async def pending(client: Any, apps: dict[str, Any]) -> list[PlanStep]:
    """The steps that this version has and the database has not."""
    executor = MigrationExecutor(client, apps)
    plan = await executor.plan()
    known = {(key.app_label, key.name) for key in executor.loader.graph.nodes}
    applied = {(key.app_label, key.name) for key in await executor.recorder.applied_migrations()}
    if unknown := sorted(name for app, name in applied - known if app in apps):
        raise Misconfigured(f"The database comes from a newer version, which made the step {unknown[-1]}.")
    return plan


async def migrate(client: Any, apps: dict[str, Any], report: Callable[[str], None]) -> int:
    """Take the pending steps, one transaction each; `report` hears the name of each. Safe in two processes at once.

    A SQLite file that holds data is copied beside itself first, as FILE.before-STEP.
    """
    on_sqlite = isinstance(client, Client)
    await MigrationExecutor(client, apps).migrate([], direction="forward")  # makes the table that records the steps
    plan = await pending(client, apps)
    if on_sqlite and plan and await MigrationExecutor(client, apps).recorder.applied_migrations():
        await _keep_copy(client, apps, plan[0].migration.name)
    steps = 0
    while plan:
        if on_sqlite:
            await client.execute_query("PRAGMA foreign_keys = OFF")
            # While a table is being rebuilt, triggers of other tables name one that is not there.
            rebuilds = not any(isinstance(each, operations.RenameModel) for each in plan[0].migration.operations)
            await client.execute_query(f"PRAGMA legacy_alter_table = {int(rebuilds)}")
        try:
            async with in_transaction(client.connection_name) as inside:
                if not on_sqlite:
                    await inside.execute_query_dict("SELECT pg_advisory_xact_lock($1)", [LOCK])
                plan = await pending(inside, apps)  # once more, now that nobody else can be at it
                if plan:
                    await _take(inside, apps, plan[0], on_sqlite=on_sqlite)
                    report(plan[0].migration.name)
                    steps += 1
        finally:
            if on_sqlite:
                await client.execute_query("PRAGMA legacy_alter_table = OFF")
                await client.execute_query("PRAGMA foreign_keys = ON")
        plan = plan[1:]
    return steps


async def _keep_copy(client: Client, apps: dict[str, Any], step: str) -> None:
    copy = Path(f"{client.filename}.before-{step}")
    own = Path(f"{copy}.{secrets.token_hex(4)}")  # another process may be copying too
    make_private(str(own))
    try:
        await client.execute_query(f"VACUUM INTO '{str(own).replace(chr(39), chr(39) * 2)}'")
        if any(each.migration.name == step for each in await pending(client, apps)):
            own.replace(copy)  # else another process took the step, and this may be a copy of what came after it
    finally:
        own.unlink(missing_ok=True)


async def _take(client: Any, apps: dict[str, Any], step: PlanStep, *, on_sqlite: bool) -> None:
    before = await _objects(client) if on_sqlite else {}
    target = MigrationTarget(step.migration.app_label, step.migration.name)
    await MigrationExecutor(client, apps).migrate([target], direction="forward")
    if on_sqlite:
        await _put_back(client, before, step)
        if broken := await client.execute_query_dict("PRAGMA foreign_key_check"):
            raise Misconfigured(f"{target.name} would leave rows of {broken[0]['table']} without what they refer to.")


async def _objects(client: Any) -> dict[str, dict[str, Any]]:
    """By name: the indexes (with their columns) and triggers of each table, and what the table itself looks like."""
    rows = await client.execute_query_dict("SELECT type, name, tbl_name, sql FROM sqlite_master")
    found = {row["name"]: row for row in rows}
    for table in [row["name"] for row in rows if row["type"] == "table"]:
        for index in await client.execute_query_dict(f'PRAGMA index_list("{table}")'):
            columns = await client.execute_query_dict(f'PRAGMA index_info("{index["name"]}")')
            found[index["name"]] |= {"columns": [column["name"] for column in columns], "unique": index["unique"]}
    return found


async def _put_back(client: Any, before: dict[str, dict[str, Any]], step: PlanStep) -> None:
    after = await _objects(client)
    rebuilt = {
        name
        for name, row in before.items()
        if row["type"] == "table" and name in after and after[name]["sql"] != row["sql"]
    }
    dropped = {_dropped_name(operation) for operation in step.migration.operations}
    kept = {(row["tbl_name"], *row["columns"]) for row in after.values() if row.get("unique")}
    for name, row in before.items():
        if row["tbl_name"] not in rebuilt or name in dropped or row["type"] == "table":
            continue
        if row["type"] == "index":
            table = await client.execute_query_dict(f'PRAGMA table_info("{row["tbl_name"]}")')
            if not {column["name"] for column in table} >= set(row["columns"]):
                continue  # it was about a column that went
        if row["sql"]:
            if name not in after:
                await client.execute_query(row["sql"])
        elif (row["tbl_name"], *row["columns"]) not in kept:
            # A unique of the table's own definition has no SQL of its own.
            index_name = "_".join(["unique", row["tbl_name"], *row["columns"]])
            columns = ", ".join(f'"{column}"' for column in row["columns"])
            await client.execute_query(f'CREATE UNIQUE INDEX "{index_name}" ON "{row["tbl_name"]}" ({columns})')


def _dropped_name(operation: Any) -> str | None:
    """The index or constraint that this step takes away on purpose."""
    if isinstance(operation, operations.RemoveIndex | operations.RemoveConstraint):
        return str(getattr(operation, "name", "") or getattr(operation.__dict__.get("index"), "name", ""))
    return None
