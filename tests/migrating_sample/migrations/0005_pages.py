from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("sample", "0004_no_rooms")]
    operations = [
        ops.AddField("Book", "pages", fields.IntField(db_default=7)),
        ops.AddIndex("Book", Index(fields=["year"], name="book_year")),
    ]
