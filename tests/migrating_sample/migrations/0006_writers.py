from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("sample", "0005_pages")]
    operations = [ops.RenameField("Book", "author", "writer")]
