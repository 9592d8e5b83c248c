"""The codebook: the controlled two-level list of themes."""

from tortoise import fields
from tortoise.models import Model


class Theme(Model):
    id = fields.IntField(primary_key=True)
    code = fields.CharField(max_length=20, unique=True)
    parent: fields.ForeignKeyNullableRelation["Theme"] = fields.ForeignKeyField(
        "forum.Theme", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    parent_id: int | None
    name = fields.CharField(max_length=120)
    definition = fields.TextField(default="")
    includes = fields.TextField(default="")
    excludes = fields.TextField(default="")
    example = fields.TextField(default="")
    position = fields.IntField()

    class Meta:
        table = "theme"
        ordering = ("position",)
