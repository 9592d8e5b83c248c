"""Memos: what staff note while they tag. Staff read them, and they are part of a person's data when they ask for it."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from forum.models.ids import new_id
from forum.models.people import Person
from forum.models.taggings import Tagging
from forum.models.themes import Theme
from forum.models.threads import Thread


class Memo(Model):
    """A note on one of: a tagging, a theme, a discussion."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    tagging: fields.ForeignKeyNullableRelation[Tagging] = fields.ForeignKeyField(
        "forum.Tagging", related_name=False, null=True, on_delete=fields.CASCADE
    )
    tagging_id: int | None
    theme: fields.ForeignKeyNullableRelation[Theme] = fields.ForeignKeyField(
        "forum.Theme", related_name=False, null=True, on_delete=fields.CASCADE
    )
    theme_id: int | None
    thread: fields.ForeignKeyNullableRelation[Thread] = fields.ForeignKeyField(
        "forum.Thread", related_name=False, null=True, on_delete=fields.CASCADE
    )
    thread_id: int | None
    body = fields.TextField()
    by: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.RESTRICT
    )
    by_id: int
    created_at = fields.DatetimeField()

    class Meta:
        table = "memo"
        indexes = (
            Index(fields=("thread_id",), name="memo_thread"),
            Index(fields=("theme_id",), name="memo_theme"),
            Index(fields=("tagging_id",), name="memo_tagging"),
        )
