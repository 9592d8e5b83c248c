"""Releases: a theme summary on its way out of the house, and what it became."""

import msgspec
from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from forum.models.ids import new_id
from forum.models.people import Person
from forum.models.quotes import Quote


class Release(Model):
    """Draft, then checked, signed off and issued: each has its time and its person, null for not yet.

    `filters`, `paper` and `figures` are JSON: what was asked for, the analyst's words, and the frozen figures, safe to
    show. `cells` are the figures as they are, hidden ones too, with the people and posts behind each as numbers keyed
    with the service's secret, so that releases can be compared with each other (see kept.py); they never leave.
    """

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    title = fields.CharField(max_length=200)
    filters = fields.TextField()
    paper = fields.TextField()
    figures = fields.TextField()
    cells = fields.BinaryField()
    codebook = fields.IntField()
    manifest = fields.TextField(default="")
    created_at = fields.DatetimeField()
    created_by: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.RESTRICT
    )
    created_by_id: int
    checked_at = fields.DatetimeField(null=True)
    checked_by_id = fields.BigIntField(null=True)
    signed_off_at = fields.DatetimeField(null=True)
    signed_off_by_id = fields.BigIntField(null=True)
    issued_at = fields.DatetimeField(null=True)
    issued_by_id = fields.BigIntField(null=True)
    reason = fields.TextField(default="")
    discarded_at = fields.DatetimeField(null=True)

    class Meta:
        table = "release"
        indexes = (Index(fields=("issued_at",), name="release_issued"),)


def groups_of(release: Release) -> list[int]:
    """The ids of the groups whose talk was counted."""
    return [*msgspec.json.decode(release.filters)["groups"]]


def state_of(release: Release) -> str:
    """draft, checked, signed off or issued."""
    if release.issued_at:
        return "issued"
    if release.signed_off_at:
        return "signed off"
    return "checked" if release.checked_at else "draft"


class ReleaseQuote(Model):
    """A quote in a release, with the words and attribution it went out with."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    release: fields.ForeignKeyRelation[Release] = fields.ForeignKeyField(
        "forum.Release", related_name=False, on_delete=fields.CASCADE
    )
    release_id: int
    quote: fields.ForeignKeyRelation[Quote] = fields.ForeignKeyField(
        "forum.Quote", related_name=False, on_delete=fields.CASCADE
    )
    quote_id: int
    words = fields.TextField()
    attribution = fields.CharField(max_length=120)

    class Meta:
        table = "release_quote"
        unique_together = (("release_id", "quote_id"),)


class Finding(Model):
    """Something that the scan found in the words of a release. It is cleared by a person: with why it may stay, or
    by the words having changed so that it is gone."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    release: fields.ForeignKeyRelation[Release] = fields.ForeignKeyField(
        "forum.Release", related_name=False, on_delete=fields.CASCADE
    )
    release_id: int
    place = fields.CharField(max_length=60)
    kind = fields.CharField(max_length=20)
    words = fields.TextField()
    around = fields.TextField(default="")
    cleared_at = fields.DatetimeField(null=True)
    cleared_by_id = fields.BigIntField(null=True)
    why = fields.TextField(default="")

    class Meta:
        table = "finding"
        indexes = (Index(fields=("release_id",), name="finding_release"),)


class ReleaseFile(Model):
    """A file of an issued release, kept byte for byte."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    release: fields.ForeignKeyRelation[Release] = fields.ForeignKeyField(
        "forum.Release", related_name=False, on_delete=fields.CASCADE
    )
    release_id: int
    name = fields.CharField(max_length=80)
    media_type = fields.CharField(max_length=120)
    sha256 = fields.CharField(max_length=64)
    content = fields.BinaryField()

    class Meta:
        table = "release_file"
        unique_together = (("release_id", "name"),)
