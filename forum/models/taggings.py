"""Taggings: one theme, with one kind, put by one person on a post or on a passage of it."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from forum.models.ids import new_id
from forum.models.people import Person
from forum.models.posts import Post
from forum.models.themes import CodebookRevision, Theme

KINDS = {
    "issue": "Issue",
    "barrier": "Barrier",
    "practice": "Practice (it worked)",
    "ask-lga": "Ask of the LGA",
    "ask-government": "Ask of government",
    "support": "Support need",
}


class Tagging(Model):
    """`start` and `end` are code points of the source at `post_revision`, end exclusive; null for the whole post.

    `quote` are those words, `before` and `after` some of what stands around them, so that they are found again when the
    post is edited. `review_at` is when they could not be found: somebody has to look.
    """

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
    kind = fields.CharField(max_length=20)
    start = fields.IntField(null=True)
    end = fields.IntField(null=True)
    quote = fields.TextField(default="")
    before = fields.TextField(default="", db_default="")
    after = fields.TextField(default="", db_default="")
    review_at = fields.DatetimeField(null=True)
    by: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.RESTRICT
    )
    by_id: int
    created_at = fields.DatetimeField()

    class Meta:
        table = "tagging"
        indexes = (
            Index(fields=("post_id", "theme_id", "kind"), name="tagging_post"),
            Index(fields=("theme_id", "kind"), name="tagging_theme"),
        )


class NoTheme(Model):
    """One person's answer that no theme fits a post, as it was at `post_revision`."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    post: fields.ForeignKeyRelation[Post] = fields.ForeignKeyField(
        "forum.Post", related_name=False, on_delete=fields.CASCADE
    )
    post_id: int
    post_revision = fields.BigIntField()
    by: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.RESTRICT
    )
    by_id: int
    created_at = fields.DatetimeField()

    class Meta:
        table = "no_theme"
        unique_together = (("post_id", "by_id"),)


class Move(Model):
    """A tagging that a merge took from one theme to another: the trail by which it can go back."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    revision: fields.ForeignKeyRelation[CodebookRevision] = fields.ForeignKeyField(
        "forum.CodebookRevision", related_name=False, on_delete=fields.CASCADE
    )
    revision_id: int
    tagging: fields.ForeignKeyRelation[Tagging] = fields.ForeignKeyField(
        "forum.Tagging", related_name=False, on_delete=fields.CASCADE
    )
    tagging_id: int
    from_theme_id = fields.IntField()

    class Meta:
        table = "move"
        unique_together = (("revision_id", "tagging_id"),)
        indexes = (Index(fields=("tagging_id",), name="move_tagging"),)
