from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("sample", "0006_writers")]
    operations = [ops.AlterField("Shelf", "name", fields.CharField(unique=True, max_length=80))]
