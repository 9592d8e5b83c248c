from typing import Any

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

# What is known of the time before: the author's membership in the thread's group, whether or not it ended since.
# Observers cannot post, so whoever is one now was a member when they wrote.
FILL = """UPDATE post SET role = (
    SELECT CASE WHEN m.role = 'facilitator' THEN 'facilitator' ELSE 'member' END
    FROM thread t JOIN membership m ON m.group_id = t.group_id
    WHERE t.id = post.thread_id AND m.person_id = post.author_id
)"""


async def fill(apps: Any, schema_editor: Any) -> None:
    await schema_editor.client.execute_query(FILL)


class Migration(migrations.Migration):
    dependencies = [("forum", "0001_initial")]

    operations = [
        ops.AddField(
            model_name="Post",
            name="role",
            field=fields.CharField(null=True, max_length=20),
        ),
        ops.RunPython(fill),
    ]
