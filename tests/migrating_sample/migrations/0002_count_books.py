from tortoise import migrations
from tortoise.migrations import operations as ops

COUNT = "UPDATE shelf SET books = books + 1 WHERE id = NEW.shelf_id;"
SQLITE = f"CREATE TRIGGER count_books AFTER INSERT ON book BEGIN {COUNT} END"
POSTGRES = [
    f"CREATE FUNCTION count_books() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {COUNT} RETURN NEW; END $$",
    "CREATE TRIGGER count_books AFTER INSERT ON book FOR EACH ROW EXECUTE FUNCTION count_books()",
]


async def make_trigger(apps, schema_editor):
    client = schema_editor.client
    for statement in [SQLITE] if client.capabilities.dialect == "sqlite" else POSTGRES:
        await client.execute_query(statement)


class Migration(migrations.Migration):
    dependencies = [("sample", "0001_initial")]
    operations = [ops.RunPython(make_trigger)]
