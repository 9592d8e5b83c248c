"""You said, we did: what the LGA does about a theme, and the notice of it to those who raised the theme."""

from tortoise import fields
from tortoise.models import Model

from forum.models.ids import new_id
from forum.models.people import Person
from forum.models.releases import Release
from forum.models.themes import Theme

STATES = {"planned": "Planned", "under-way": "Under way", "done": "Done", "not-possible": "Not possible"}


class Commitment(Model):
    """What is done, by whom (an LGA team, in words), and how far. It answers a theme, and may follow a release."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    theme: fields.ForeignKeyRelation[Theme] = fields.ForeignKeyField(
        "forum.Theme", related_name=False, on_delete=fields.RESTRICT
    )
    theme_id: int
    release: fields.ForeignKeyNullableRelation[Release] = fields.ForeignKeyField(
        "forum.Release", related_name=False, null=True, on_delete=fields.SET_NULL
    )
    release_id: int | None
    words = fields.TextField()
    owner = fields.CharField(max_length=120)
    state = fields.CharField(max_length=20)
    created_at = fields.DatetimeField()
    created_by: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.RESTRICT
    )
    created_by_id: int
    told_at = fields.DatetimeField(null=True)

    class Meta:
        table = "commitment"


class Notice(Model):
    """Something for one person's home page, until they put it away."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.CASCADE
    )
    person_id: int
    commitment: fields.ForeignKeyRelation[Commitment] = fields.ForeignKeyField(
        "forum.Commitment", related_name=False, on_delete=fields.CASCADE
    )
    commitment_id: int
    created_at = fields.DatetimeField()
    put_away_at = fields.DatetimeField(null=True)

    class Meta:
        table = "notice"
        unique_together = (("person_id", "commitment_id"),)
