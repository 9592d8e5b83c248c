"""The one row about the service itself."""

from tortoise import fields
from tortoise.models import Model


class Service(Model):
    """`epoch` names this history of revisions: a restored database gets another. `rights` counts ended rights,
    `codebook` the changes of the codebook: its version."""

    id = fields.IntField(primary_key=True, generated=False, default=1)
    epoch = fields.CharField(max_length=32)
    rights = fields.BigIntField(default=0)
    codebook = fields.IntField(default=1, db_default=1)

    class Meta:
        table = "service"
