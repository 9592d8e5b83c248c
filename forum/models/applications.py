"""Sign-ups: somebody who asks to be let in, and what became of it."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from forum.models.councils import Council
from forum.models.ids import new_id
from forum.models.people import Person


class Application(Model):
    """Asked, then proven by a link to the address, vouched for by a sponsor where no domain is approved, and decided:
    each has its time, null for not yet.

    `decision` is approved or refused. `matches_domain`: the address is in an approved domain of the council. Only the
    SHA-256 of the token is kept; its link proves the address, and later shows where the application stands.
    """

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    email = fields.CharField(max_length=254)
    name = fields.CharField(max_length=120)
    council: fields.ForeignKeyNullableRelation[Council] = fields.ForeignKeyField(
        "forum.Council", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    council_id: int | None
    position = fields.CharField(max_length=120)
    why = fields.TextField()
    sponsor_email = fields.CharField(max_length=254, default="")
    matches_domain = fields.BooleanField(default=False)
    token_hash = fields.CharField(max_length=64, unique=True)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    proven_at = fields.DatetimeField(null=True)
    sponsor: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    sponsor_id: int | None
    sponsored_at = fields.DatetimeField(null=True)
    decided_at = fields.DatetimeField(null=True)
    decided_by: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    decided_by_id: int | None
    decision = fields.CharField(max_length=10, default="")
    reason = fields.TextField(default="")

    class Meta:
        table = "application"
        indexes = (
            Index(fields=("email",), name="application_email"),
            Index(fields=("decided_at", "proven_at"), name="application_waiting"),
        )
