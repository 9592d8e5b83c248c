"""What somebody shows besides a password: codes of an app, recovery codes, passkeys."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from forum.models.ids import new_id
from forum.models.people import Person


class Totp(Model):
    """The secret that a person's app makes codes from, encrypted. It counts once a code was shown; `last_step` is the
    time step of the last code, which and before which no code works again."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.CASCADE
    )
    person_id: int
    secret = fields.TextField()
    created_at = fields.DatetimeField()
    confirmed_at = fields.DatetimeField(null=True)
    last_step = fields.BigIntField(default=0)

    class Meta:
        table = "totp"
        unique_together = (("person_id",),)  # `unique` of a foreign key is let fall


class RecoveryCode(Model):
    """One of ten codes, each good once. Only its keyed hash is kept."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.CASCADE
    )
    person_id: int
    code_hash = fields.CharField(max_length=64)
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "recovery_code"
        indexes = (Index(fields=("person_id",), name="recovery_code_person"),)


class Passkey(Model):
    """A key that stays in a person's device; here is its public half. `name` is what its owner calls it."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.CASCADE
    )
    person_id: int
    credential_id = fields.CharField(max_length=1400, unique=True)
    public_key = fields.TextField()
    sign_count = fields.BigIntField(default=0)
    name = fields.CharField(max_length=80)
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "passkey"
        indexes = (Index(fields=("person_id",), name="passkey_person"),)


class Challenge(Model):
    """What a passkey is asked to sign, once, for a purpose: register, sign-in or prove. `person` is null while nobody
    is known yet."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    challenge = fields.CharField(max_length=100, unique=True)
    purpose = fields.CharField(max_length=20)
    person: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, null=True, on_delete=fields.CASCADE
    )
    person_id: int | None
    expires_at = fields.DatetimeField()

    class Meta:
        table = "challenge"
        indexes = (Index(fields=("expires_at",), name="challenge_expires"),)
