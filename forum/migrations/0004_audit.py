from typing import Any

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

WORDS = "The audit log is append-only."
SQLITE = [
    f"CREATE TRIGGER audit_row_update BEFORE UPDATE ON audit_row BEGIN SELECT RAISE(ABORT, '{WORDS}'); END",
    f"CREATE TRIGGER audit_row_delete BEFORE DELETE ON audit_row BEGIN SELECT RAISE(ABORT, '{WORDS}'); END",
    # INSERT OR REPLACE deletes the row that is in its way without asking the trigger above.
    "CREATE TRIGGER audit_row_replace BEFORE INSERT ON audit_row"
    " WHEN EXISTS (SELECT 1 FROM audit_row WHERE number = NEW.number)"
    f" BEGIN SELECT RAISE(ABORT, '{WORDS}'); END",
]
POSTGRES = [
    "CREATE FUNCTION audit_row_refuse() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN RAISE EXCEPTION '{WORDS}'; END $$",
    "CREATE TRIGGER audit_row_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_row"
    " FOR EACH STATEMENT EXECUTE FUNCTION audit_row_refuse()",
]


async def begin_log(apps: Any, schema_editor: Any) -> None:
    client = schema_editor.client
    await client.execute_query("INSERT INTO audit_head (id, number, mac) VALUES (1, 0, '')")
    for statement in SQLITE if client.capabilities.dialect == "sqlite" else POSTGRES:
        await client.execute_query(statement)


class Migration(migrations.Migration):
    dependencies = [("forum", "0003_intelligence")]

    operations = [
        ops.CreateModel(
            name="AuditRow",
            fields=[
                ("number", fields.BigIntField(generated=False, primary_key=True, unique=True, db_index=True)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("actor_id", fields.BigIntField(null=True)),
                ("act", fields.CharField(max_length=40)),
                ("subject", fields.CharField(default="", max_length=20)),
                ("subject_id", fields.BigIntField(null=True)),
                ("details", fields.TextField(unique=False)),
                ("previous", fields.CharField(max_length=64)),
                ("mac", fields.CharField(max_length=64)),
            ],
            options={
                "table": "audit_row",
                "app": "forum",
                "indexes": [
                    Index(fields=["at"], name="audit_row_at"),
                    Index(fields=["actor_id", "number"], name="audit_row_actor"),
                    Index(fields=["act", "number"], name="audit_row_act"),
                ],
                "pk_attr": "number",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AuditHead",
            fields=[
                ("id", fields.IntField(generated=False, primary_key=True, default=1, unique=True, db_index=True)),
                ("number", fields.BigIntField()),
                ("mac", fields.CharField(max_length=64)),
            ],
            options={"table": "audit_head", "app": "forum", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.RunPython(begin_log),
    ]
