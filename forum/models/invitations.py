"""Invitations: a link that lets one person in, and into a group."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from forum.models.applications import Application
from forum.models.councils import Council
from forum.models.groups import Group
from forum.models.ids import new_id
from forum.models.people import Person


class Invitation(Model):
    """Bound to its address, for one use until `expires_at`. An approved sign-up becomes one. `by` is null for the
    terminal. Only the SHA-256 of its token is kept.
    """

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    email = fields.CharField(max_length=254)
    name = fields.CharField(max_length=120)
    council: fields.ForeignKeyNullableRelation[Council] = fields.ForeignKeyField(
        "forum.Council", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    council_id: int | None
    group: fields.ForeignKeyNullableRelation[Group] = fields.ForeignKeyField(
        "forum.Group", related_name=False, null=True, on_delete=fields.CASCADE
    )
    group_id: int | None
    role = fields.CharField(max_length=20, default="member")
    application: fields.ForeignKeyNullableRelation[Application] = fields.ForeignKeyField(
        "forum.Application", related_name=False, null=True, on_delete=fields.CASCADE
    )
    application_id: int | None
    by: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    by_id: int | None
    token_hash = fields.CharField(max_length=64, unique=True)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)
    withdrawn_at = fields.DatetimeField(null=True)

    class Meta:
        table = "invitation"
        indexes = (
            Index(fields=("email",), name="invitation_email"),
            Index(fields=("group_id", "used_at"), name="invitation_group"),
        )
