from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


def child_of(name):
    column = f"{name.lower()}_id"
    return fields.ForeignKeyField(
        f"sample.{name}", source_field=column, to_field="id", related_name=False, on_delete=OnDelete.CASCADE
    )


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Shelf",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True)),
                ("name", fields.CharField(unique=True, max_length=50)),
                ("room", fields.CharField(max_length=20)),
                ("books", fields.IntField(db_default=0)),
            ],
            options={"table": "shelf", "app": "sample", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Book",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True)),
                ("shelf", child_of("Shelf")),
                ("title", fields.CharField(max_length=100)),
                ("author", fields.CharField(max_length=50)),
                ("year", fields.IntField()),
            ],
            options={
                "table": "book",
                "app": "sample",
                "unique_together": (("shelf", "title"),),
                "indexes": [Index(fields=["author"], name="book_author")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Loan",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True)),
                ("book", child_of("Book")),
                ("reader", fields.CharField(max_length=50)),
            ],
            options={"table": "loan", "app": "sample", "pk_attr": "id"},
            bases=["Model"],
        ),
    ]
