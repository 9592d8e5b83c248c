"""Groups, and who is in them as what."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from forum.models.ids import new_id
from forum.models.people import Person


class Group(Model):
    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    slug = fields.CharField(max_length=60, unique=True)
    name = fields.CharField(max_length=120)
    purpose = fields.TextField(default="")
    visibility = fields.CharField(max_length=10, default="listed")
    created_at = fields.DatetimeField()

    class Meta:
        table = "group"


class Membership(Model):
    """One person's role in one group. It ends and is kept, with who ended it and why.

    `ends_on` is the last day of a term of office: then it is for reading only, and some weeks later it is closed.
    `reminded` is the number of days before it of the last reminder, 0 for none.
    """

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    group: fields.ForeignKeyRelation[Group] = fields.ForeignKeyField(
        "forum.Group", related_name=False, on_delete=fields.CASCADE
    )
    group_id: int
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.CASCADE
    )
    person_id: int
    role = fields.CharField(max_length=20)
    created_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    ended_by_id = fields.BigIntField(null=True)
    ended_reason = fields.TextField(default="")
    ends_on = fields.DateField(null=True)
    reminded = fields.IntField(default=0, db_default=0)

    class Meta:
        table = "membership"
        unique_together = (("person_id", "group_id"),)
        indexes = (Index(fields=("group_id", "ended_at"), name="membership_group"),)
