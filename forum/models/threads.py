"""Threads: titled discussions in a group, each with its own change counter."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from forum.models.groups import Group
from forum.models.ids import new_id
from forum.models.people import Person


class Thread(Model):
    """`revision` counts visible changes; `posts` is the last post's number: a page is found without counting."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    group: fields.ForeignKeyRelation[Group] = fields.ForeignKeyField(
        "forum.Group", related_name=False, on_delete=fields.CASCADE
    )
    group_id: int
    author: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.RESTRICT
    )
    author_id: int
    title = fields.CharField(max_length=200)
    revision = fields.BigIntField(default=0)
    posts = fields.IntField(default=0)
    created_at = fields.DatetimeField()
    last_post_at = fields.DatetimeField()

    class Meta:
        table = "thread"
        indexes = (Index(fields=("group_id", "last_post_at"), name="thread_latest"),)
