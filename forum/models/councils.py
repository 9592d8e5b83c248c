"""Councils: the body a councillor sits on."""

from tortoise import fields
from tortoise.models import Model


class Council(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=100, unique=True)
    type = fields.CharField(max_length=20)
    region = fields.CharField(max_length=40)

    class Meta:
        table = "council"


class CouncilDomain(Model):
    """A domain whose addresses the council gives to its councillors and staff."""

    id = fields.IntField(primary_key=True)
    council: fields.ForeignKeyRelation[Council] = fields.ForeignKeyField(
        "forum.Council", related_name=False, on_delete=fields.CASCADE
    )
    council_id: int
    domain = fields.CharField(max_length=253, unique=True)

    class Meta:
        table = "council_domain"
