from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("sample", "0002_count_books")]
    operations = [ops.AlterField("Book", "title", fields.CharField(max_length=200))]
