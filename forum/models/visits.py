"""Visits: an administrator reads a group that they do not belong to, for a reason that its members can see."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from forum.models.groups import Group
from forum.models.ids import new_id
from forum.models.people import Person


class Visit(Model):
    """From `created_at` until `ends_at`, or until `ended_at`, when it was ended before."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    group: fields.ForeignKeyRelation[Group] = fields.ForeignKeyField(
        "forum.Group", related_name=False, on_delete=fields.CASCADE
    )
    group_id: int
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.CASCADE
    )
    person_id: int
    reason = fields.TextField()
    created_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "visit"
        indexes = (
            Index(fields=("person_id", "ends_at"), name="visit_person"),
            Index(fields=("group_id", "created_at"), name="visit_group"),
        )
