"""Second readings: a sample of posts that another person tags without seeing how they were tagged before."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from forum.models.groups import Group
from forum.models.ids import new_id
from forum.models.people import Person
from forum.models.posts import Post
from forum.models.themes import Theme


class SecondReading(Model):
    """`reader` reads the sample that `by` drew from a group. It is done when each post of it has an answer."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    group: fields.ForeignKeyRelation[Group] = fields.ForeignKeyField(
        "forum.Group", related_name=False, on_delete=fields.CASCADE
    )
    group_id: int
    by: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.RESTRICT
    )
    by_id: int
    reader: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.RESTRICT
    )
    reader_id: int
    created_at = fields.DatetimeField()

    class Meta:
        table = "second_reading"
        indexes = (Index(fields=("group_id",), name="second_reading_group"),)


class SampledPost(Model):
    """A post of the sample, in its place. `first_themes` are the ids of the themes that it carried when the sample
    was drawn, as JSON: what the second reading is compared with, whatever is tagged or called differently later."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    second_reading: fields.ForeignKeyRelation[SecondReading] = fields.ForeignKeyField(
        "forum.SecondReading", related_name=False, on_delete=fields.CASCADE
    )
    second_reading_id: int
    post: fields.ForeignKeyRelation[Post] = fields.ForeignKeyField(
        "forum.Post", related_name=False, on_delete=fields.CASCADE
    )
    post_id: int
    number = fields.IntField()
    first_themes = fields.TextField(default="[]")
    answered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "sampled_post"
        unique_together = (("second_reading_id", "post_id"),)


class SecondTheme(Model):
    """A theme that the second reader found in a post of the sample. None of them counts in a summary."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    sampled_post: fields.ForeignKeyRelation[SampledPost] = fields.ForeignKeyField(
        "forum.SampledPost", related_name=False, on_delete=fields.CASCADE
    )
    sampled_post_id: int
    theme: fields.ForeignKeyRelation[Theme] = fields.ForeignKeyField(
        "forum.Theme", related_name=False, on_delete=fields.RESTRICT
    )
    theme_id: int

    class Meta:
        table = "second_theme"
        unique_together = (("sampled_post_id", "theme_id"),)
