"""People who sign in, and their sessions."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from forum.models.councils import Council
from forum.models.ids import new_id


class Person(Model):
    """`consent_withdrawn_at`: they do not consent (any longer) to the processing of political opinions: they no longer
    post, and nothing of theirs is summarised or quoted."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    email = fields.CharField(max_length=254, unique=True)
    name = fields.CharField(max_length=120)
    council: fields.ForeignKeyNullableRelation[Council] = fields.ForeignKeyField(
        "forum.Council", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    council_id: int | None
    site_role = fields.CharField(max_length=20, null=True)
    password_hash = fields.CharField(max_length=255, null=True)
    suspended_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    deactivated_at = fields.DatetimeField(null=True)
    consent_withdrawn_at = fields.DatetimeField(null=True)

    class Meta:
        table = "person"


class Session(Model):
    """A signed-in browser. Only the SHA-256 of its token is kept: who reads the table cannot sign in with it.

    `device` is the browser and system in words. `factor_at`: a second factor was shown in it. `proved_at`: its owner
    last showed that it is them.
    """

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.CASCADE
    )
    person_id: int
    token_hash = fields.CharField(max_length=64, unique=True)
    place = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()
    seen_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    device = fields.CharField(max_length=80, default="", db_default="")
    factor_at = fields.DatetimeField(null=True)
    proved_at = fields.DatetimeField(null=True)

    class Meta:
        table = "session"
        indexes = (Index(fields=("person_id", "place"), name="session_place"),)
