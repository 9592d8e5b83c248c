from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("sample", "0003_longer_titles")]
    operations = [ops.RemoveField("Shelf", "room")]
