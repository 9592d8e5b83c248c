"""What an archive called the threads and posts that were imported from it."""

from tortoise import fields
from tortoise.models import Model


class Reference(Model):
    id = fields.BigIntField(primary_key=True)
    archive = fields.CharField(max_length=100)
    type = fields.CharField(max_length=10)
    ref = fields.CharField(max_length=100)
    thing_id = fields.BigIntField()

    class Meta:
        table = "reference"
        unique_together = (("archive", "type", "ref"),)
