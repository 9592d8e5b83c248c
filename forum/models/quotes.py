"""Quotes: the words of a post that a person approved, in their redacted form, for use without a name."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from forum.models.ids import new_id
from forum.models.people import Person
from forum.models.posts import Post
from forum.models.themes import Theme


class Quote(Model):
    """Words of a post as it stood at `post_revision`: a passage from `start` to `end` in code points. `redacted` is
    what may be shown. It is withdrawn when its author takes the permission back, edits the post, or it is hidden."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    post: fields.ForeignKeyRelation[Post] = fields.ForeignKeyField(
        "forum.Post", related_name=False, on_delete=fields.CASCADE
    )
    post_id: int
    post_revision = fields.BigIntField()
    theme: fields.ForeignKeyRelation[Theme] = fields.ForeignKeyField(
        "forum.Theme", related_name=False, on_delete=fields.RESTRICT
    )
    theme_id: int
    start = fields.IntField()
    end = fields.IntField()
    redacted = fields.TextField()
    approved_by: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.RESTRICT
    )
    approved_by_id: int
    approved_at = fields.DatetimeField()
    withdrawn_at = fields.DatetimeField(null=True)
    withdrawn_why = fields.CharField(max_length=20, default="")

    class Meta:
        table = "quote"
        indexes = (
            Index(fields=("post_id",), name="quote_post"),
            Index(fields=("theme_id",), name="quote_theme"),
        )
