"""Forms that were sent, by the key they carried: what makes sending one twice harmless."""

from tortoise import fields
from tortoise.models import Model

from forum.models.people import Person


class Submission(Model):
    id = fields.BigIntField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.CASCADE
    )
    person_id: int
    key = fields.CharField(max_length=64)
    words_hash = fields.CharField(max_length=64)
    answer = fields.BigIntField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "submission"
        unique_together = (("person_id", "key"),)
