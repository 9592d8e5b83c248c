"""Posts, their earlier editions, and the times they were hidden."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from forum.models.councils import Council
from forum.models.ids import new_id
from forum.models.people import Person
from forum.models.threads import Thread


class Post(Model):
    """One message. `body` is the Markdown source with LF newlines, `html` what markup.render made of it.

    `number` counts the posts of a thread from 1 and is never reused. `council` is where the author sat at the time, and
    `role` what they were in the group: member or facilitator, None where nobody knows.
    """

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    thread: fields.ForeignKeyRelation[Thread] = fields.ForeignKeyField(
        "forum.Thread", related_name=False, on_delete=fields.CASCADE
    )
    thread_id: int
    number = fields.IntField()
    revision = fields.BigIntField()
    author: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.RESTRICT
    )
    author_id: int
    council: fields.ForeignKeyNullableRelation[Council] = fields.ForeignKeyField(
        "forum.Council", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    council_id: int | None
    role = fields.CharField(max_length=20, null=True)
    body = fields.TextField()
    html = fields.TextField()
    quotable = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()
    edited_at = fields.DatetimeField(null=True)
    hidden_at = fields.DatetimeField(null=True)

    class Meta:
        table = "post"
        unique_together = (("thread_id", "number"),)
        indexes = (
            Index(fields=("thread_id", "revision"), name="post_changes"),
            Index(fields=("author_id",), name="post_author"),
            Index(fields=("created_at",), name="post_created"),
            # holds all that a summary asks of a post, so that it reads no bodies
            Index(fields=("thread_id", "hidden_at", "author_id", "council_id", "created_at"), name="post_summary"),
        )


def role_as_author(role: str | None) -> str | None:
    """What a post says of an author with this role in its group. Observers cannot post: they were members once."""
    return "member" if role == "observer" else role


class Edition(Model):
    """What a post said before an edit."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    post: fields.ForeignKeyRelation[Post] = fields.ForeignKeyField(
        "forum.Post", related_name=False, on_delete=fields.CASCADE
    )
    post_id: int
    revision = fields.BigIntField()
    body = fields.TextField()
    quotable = fields.BooleanField()
    replaced_at = fields.DatetimeField()

    class Meta:
        table = "edition"
        indexes = (Index(fields=("post_id",), name="edition_post"),)


class Hiding(Model):
    """One time a facilitator hid a post: for whom it may concern, not for readers of the thread."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    post: fields.ForeignKeyRelation[Post] = fields.ForeignKeyField(
        "forum.Post", related_name=False, on_delete=fields.CASCADE
    )
    post_id: int
    by: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.RESTRICT
    )
    by_id: int
    reason = fields.CharField(max_length=20)
    note = fields.TextField(default="")
    created_at = fields.DatetimeField()
    restored_at = fields.DatetimeField(null=True)
    restored_by_id = fields.BigIntField(null=True)
    restored_reason = fields.TextField(default="")

    class Meta:
        table = "hiding"
        indexes = (Index(fields=("post_id",), name="hiding_post"),)
