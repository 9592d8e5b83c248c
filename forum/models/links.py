"""Links that work once, sent to an address: to set a new password, or to prove a new address."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from forum.models.ids import new_id
from forum.models.people import Person


class Link(Model):
    """`purpose` is reset or address; for address, `email` is the new one. Only the SHA-256 of the token is kept."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    purpose = fields.CharField(max_length=20)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.CASCADE
    )
    person_id: int
    email = fields.CharField(max_length=254)
    token_hash = fields.CharField(max_length=64, unique=True)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "link"
        indexes = (Index(fields=("person_id", "purpose"), name="link_person"),)
