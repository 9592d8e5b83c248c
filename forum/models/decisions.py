"""What was decided about a person, and why: the words that the audit log does not hold."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from forum.models.ids import new_id
from forum.models.people import Person


class Decision(Model):
    """A role given or taken, a suspension, a deactivation, a factor reset. `by` is null for the terminal."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.CASCADE
    )
    person_id: int
    by: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    by_id: int | None
    act = fields.CharField(max_length=40)
    reason = fields.TextField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "decision"
        indexes = (Index(fields=("person_id", "created_at"), name="decision_person"),)
