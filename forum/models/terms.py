"""The house rules and the consent, each in versions, and who accepted which."""

from tortoise import fields
from tortoise.models import Model

from forum.models.ids import new_id
from forum.models.people import Person

KINDS_OF_TERMS = ("terms", "consent")


class Terms(Model):
    """One version of the terms and house rules, or of the consent to process political opinions. Markdown."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    kind = fields.CharField(max_length=10)
    version = fields.IntField()
    body = fields.TextField()
    by: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    by_id: int | None
    created_at = fields.DatetimeField()

    class Meta:
        table = "terms"
        unique_together = (("kind", "version"),)


class Acceptance(Model):
    """A person accepted a version; a consent can be withdrawn again."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.CASCADE
    )
    person_id: int
    terms: fields.ForeignKeyRelation[Terms] = fields.ForeignKeyField(
        "forum.Terms", related_name=False, on_delete=fields.RESTRICT
    )
    terms_id: int
    accepted_at = fields.DatetimeField()
    withdrawn_at = fields.DatetimeField(null=True)

    class Meta:
        table = "acceptance"
        unique_together = (("person_id", "terms_id"),)
