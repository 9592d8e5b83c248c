"""Asking to be let in: by oneself, or on an invitation. Tokens are kept as their SHA-256."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from forum.models.councils import Council
from forum.models.groups import Group
from forum.models.ids import new_id
from forum.models.people import Person


class Application(Model):
    """A sign-up: the address is proven by a link (`proven_at`), then a person decides. `matches_domain` is whether the
    address was in an approved domain of the council; others need a sponsor, a member who vouches (`sponsored_at`).
    The token of the link also shows the applicant where they stand."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    email = fields.CharField(max_length=254)
    name = fields.CharField(max_length=120)
    council: fields.ForeignKeyNullableRelation[Council] = fields.ForeignKeyField(
        "forum.Council", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    council_id: int | None
    role_words = fields.CharField(max_length=200)
    why = fields.TextField()
    sponsor_email = fields.CharField(max_length=254, default="")
    token_hash = fields.CharField(max_length=64, unique=True)
    matches_domain = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    proven_at = fields.DatetimeField(null=True)
    sponsor: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, null=True, on_delete=fields.SET_NULL
    )
    sponsor_id: int | None
    sponsored_at = fields.DatetimeField(null=True)
    decided_at = fields.DatetimeField(null=True)
    decided_by_id = fields.BigIntField(null=True)
    decision = fields.CharField(max_length=10, default="")
    reason = fields.TextField(default="")

    class Meta:
        table = "application"
        indexes = (
            Index(fields=("decided_at", "created_at"), name="application_waiting"),
            Index(fields=("email",), name="application_email"),
        )


class Invitation(Model):
    """One person's way in, once, until it expires or is withdrawn: into a group, or into the service alone."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    email = fields.CharField(max_length=254)
    name = fields.CharField(max_length=120, default="")
    council: fields.ForeignKeyNullableRelation[Council] = fields.ForeignKeyField(
        "forum.Council", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    council_id: int | None
    group: fields.ForeignKeyNullableRelation[Group] = fields.ForeignKeyField(
        "forum.Group", related_name=False, null=True, on_delete=fields.CASCADE
    )
    group_id: int | None
    role = fields.CharField(max_length=20, default="member")
    by: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.RESTRICT
    )
    by_id: int
    token_hash = fields.CharField(max_length=64, unique=True)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)
    withdrawn_at = fields.DatetimeField(null=True)
    withdrawn_by_id = fields.BigIntField(null=True)

    class Meta:
        table = "invitation"
        indexes = (
            Index(fields=("email",), name="invitation_email"),
            Index(fields=("group_id",), name="invitation_group"),
        )
