"""What people agree to, in its versions, and who answered what."""

from tortoise import fields
from tortoise.models import Model

from forum.models.ids import new_id
from forum.models.people import Person


class Terms(Model):
    """A version of one `kind`: terms (with the house rules) or consent (to process political opinions). The highest
    version of a kind is in force; `by` is null for the terminal."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    kind = fields.CharField(max_length=10)
    version = fields.IntField()
    body = fields.TextField()
    published_at = fields.DatetimeField()
    by: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    by_id: int | None

    class Meta:
        table = "terms"
        unique_together = (("kind", "version"),)


class Acceptance(Model):
    """A person's answer to a version: accepted, or not (any longer) when `withdrawn_at` is set."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.CASCADE
    )
    person_id: int
    terms: fields.ForeignKeyRelation[Terms] = fields.ForeignKeyField(
        "forum.Terms", related_name=False, on_delete=fields.RESTRICT
    )
    terms_id: int
    accepted_at = fields.DatetimeField(null=True)
    withdrawn_at = fields.DatetimeField(null=True)

    class Meta:
        table = "acceptance"
        unique_together = (("person_id", "terms_id"),)
