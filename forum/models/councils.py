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
