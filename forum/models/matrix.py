"""The framework matrix: what a facilitator says of a theme in a group, or in one discussion of it."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from forum.models.groups import Group
from forum.models.ids import new_id
from forum.models.people import Person
from forum.models.themes import Theme
from forum.models.threads import Thread


class MatrixCell(Model):
    """A sentence or two. `thread` is null where they are about the whole group."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    group: fields.ForeignKeyRelation[Group] = fields.ForeignKeyField(
        "forum.Group", related_name=False, on_delete=fields.CASCADE
    )
    group_id: int
    thread: fields.ForeignKeyNullableRelation[Thread] = fields.ForeignKeyField(
        "forum.Thread", related_name=False, null=True, on_delete=fields.CASCADE
    )
    thread_id: int | None
    theme: fields.ForeignKeyRelation[Theme] = fields.ForeignKeyField(
        "forum.Theme", related_name=False, on_delete=fields.RESTRICT
    )
    theme_id: int
    words = fields.TextField()
    by: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.RESTRICT
    )
    by_id: int
    written_at = fields.DatetimeField()

    class Meta:
        table = "matrix_cell"
        indexes = (Index(fields=("group_id", "theme_id"), name="matrix_cell_place"),)
