"""The audit log: one row an act, and the one row that says where the log stands."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class AuditRow(Model):
    """Triggers refuse change and deletion. The people are numbers, not references: rows outlive whom they name.

    `details` is JSON of ids and fixed words; `previous` and `mac` are the seals of the row before and of this one.
    """

    number = fields.BigIntField(primary_key=True, generated=False)
    at = fields.DatetimeField()
    actor_id = fields.BigIntField(null=True)
    act = fields.CharField(max_length=40)
    subject = fields.CharField(max_length=20, default="")
    subject_id = fields.BigIntField(null=True)
    details = fields.TextField()
    previous = fields.CharField(max_length=64)
    mac = fields.CharField(max_length=64)

    class Meta:
        table = "audit_row"
        indexes = (
            Index(fields=("at",), name="audit_row_at"),
            Index(fields=("actor_id", "number"), name="audit_row_actor"),
            Index(fields=("act", "number"), name="audit_row_act"),
        )


class AuditHead(Model):
    """The last row's number and seal. To update it is the lock that keeps two writers in line."""

    id = fields.IntField(primary_key=True, generated=False, default=1)
    number = fields.BigIntField()
    mac = fields.CharField(max_length=64)

    class Meta:
        table = "audit_head"
