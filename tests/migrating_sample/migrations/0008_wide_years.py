from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("sample", "0007_longer_names")]
    operations = [
        ops.RemoveIndex("Book", "book_year"),
        ops.AlterField("Book", "year", fields.BigIntField()),
        ops.AlterField("Book", "year", fields.IntField()),
    ]
