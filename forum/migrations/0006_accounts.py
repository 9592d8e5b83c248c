from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from forum.models.ids import new_id


class Migration(migrations.Migration):
    dependencies = [("forum", "0005_matrix")]

    operations = [
        ops.AddField(
            model_name="Membership",
            name="ends_on",
            field=fields.DateField(null=True),
        ),
        ops.AddField(
            model_name="Membership",
            name="reminded",
            field=fields.IntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="Person",
            name="deactivated_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Session",
            name="device",
            field=fields.CharField(default="", db_default="", max_length=80),
        ),
        ops.CreateModel(
            name="CouncilDomain",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "council",
                    fields.ForeignKeyField(
                        "forum.Council",
                        source_field="council_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("domain", fields.CharField(unique=True, max_length=253)),
            ],
            options={"table": "council_domain", "app": "forum", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Link",
            fields=[
                (
                    "id",
                    fields.BigIntField(generated=False, primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("purpose", fields.CharField(max_length=20)),
                (
                    "person",
                    fields.ForeignKeyField(
                        "forum.Person",
                        source_field="person_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("email", fields.CharField(max_length=254)),
                ("token_hash", fields.CharField(unique=True, max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "link",
                "app": "forum",
                "indexes": [Index(fields=["person_id", "purpose"], name="link_person")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Job",
            fields=[
                (
                    "id",
                    fields.BigIntField(generated=False, primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("kind", fields.CharField(max_length=20)),
                ("key", fields.CharField(unique=True, max_length=120)),
                ("payload", fields.TextField(unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("run_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("claimed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("attempts", fields.IntField(default=0)),
                ("done_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("failed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "job",
                "app": "forum",
                "indexes": [Index(fields=["done_at", "failed_at", "run_at"], name="job_due")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Decision",
            fields=[
                (
                    "id",
                    fields.BigIntField(generated=False, primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                (
                    "person",
                    fields.ForeignKeyField(
                        "forum.Person",
                        source_field="person_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "by",
                    fields.ForeignKeyField(
                        "forum.Person",
                        source_field="by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("act", fields.CharField(max_length=40)),
                ("reason", fields.TextField(unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "decision",
                "app": "forum",
                "indexes": [Index(fields=["person_id", "created_at"], name="decision_person")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
    ]
