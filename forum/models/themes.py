"""The codebook: the controlled two-level list of themes, and every change that was made to it."""

from collections.abc import Mapping
from uuid import NAMESPACE_OID, uuid4, uuid5

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from forum.models.ids import new_id
from forum.models.people import Person

STATUSES = {"candidate": "Candidate", "active": "Active", "merged": "Merged", "retired": "Retired"}
IN_USE = ("candidate", "active")


def new_guid() -> str:
    return str(uuid4())


def guid_of(code: str) -> str:
    """The guid of a theme that every service begins with: the same everywhere."""
    return str(uuid5(NAMESPACE_OID, f"theme:{code}"))


class Theme(Model):
    """`guid` stays through every rename: other software knows the theme by it. `aliases` are words that people also
    use for it, one a line; `colour` is "#rrggbb" or ""."""

    id = fields.IntField(primary_key=True)
    guid = fields.CharField(max_length=36, null=True, default=new_guid)
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
    aliases = fields.TextField(default="", db_default="")
    colour = fields.CharField(max_length=7, default="", db_default="")
    status = fields.CharField(max_length=10, default="active", db_default="active")
    merged_into_id = fields.IntField(null=True)

    class Meta:
        table = "theme"
        ordering = ("position",)


def where_now(themes: Mapping[int, Theme], theme_id: int) -> int:
    """The theme that this one is now: where merging led, step by step. A circle would lead nowhere: stop there."""
    seen = {theme_id}
    while (into := themes[theme_id].merged_into_id) and themes[theme_id].status == "merged" and into not in seen:
        seen.add(theme_id := into)
    return theme_id


class CodebookRevision(Model):
    """One change of the codebook: the theme as it was and as it became, as JSON. `version` is the codebook's after it;
    an import makes several rows of one version."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    version = fields.IntField()
    theme: fields.ForeignKeyRelation[Theme] = fields.ForeignKeyField(
        "forum.Theme", related_name=False, on_delete=fields.CASCADE
    )
    theme_id: int
    act = fields.CharField(max_length=20)
    before = fields.TextField(default="")
    after = fields.TextField(default="")
    reason = fields.TextField(default="")
    by: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    by_id: int | None
    created_at = fields.DatetimeField()
    undone_at = fields.DatetimeField(null=True)

    class Meta:
        table = "codebook_revision"
        indexes = (Index(fields=("theme_id", "version"), name="codebook_revision_theme"),)
