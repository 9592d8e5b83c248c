"""Things to do later: mail, reminders. One row is one thing; it is put there in the transaction that is its cause."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from forum.models.ids import new_id


class Job(Model):
    """`key` keeps the same thing from being there twice. `claimed_at` is since when somebody is at it."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    kind = fields.CharField(max_length=20)
    key = fields.CharField(max_length=120, unique=True)
    payload = fields.TextField()
    created_at = fields.DatetimeField()
    run_at = fields.DatetimeField()
    claimed_at = fields.DatetimeField(null=True)
    attempts = fields.IntField(default=0)
    done_at = fields.DatetimeField(null=True)
    failed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "job"
        indexes = (Index(fields=("done_at", "failed_at", "run_at"), name="job_due"),)
