from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from forum.models.ids import new_id


class Migration(migrations.Migration):
    dependencies = [("forum", "0004_audit")]

    operations = [
        ops.CreateModel(
            name="MatrixCell",
            fields=[
                (
                    "id",
                    fields.BigIntField(generated=False, primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                (
                    "group",
                    fields.ForeignKeyField(
                        "forum.Group",
                        source_field="group_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "thread",
                    fields.ForeignKeyField(
                        "forum.Thread",
                        source_field="thread_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "theme",
                    fields.ForeignKeyField(
                        "forum.Theme",
                        source_field="theme_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("words", fields.TextField(unique=False)),
                (
                    "by",
                    fields.ForeignKeyField(
                        "forum.Person",
                        source_field="by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("written_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "matrix_cell",
                "app": "forum",
                "indexes": [Index(fields=["group_id", "theme_id"], name="matrix_cell_place")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
    ]
