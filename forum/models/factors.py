"""Second factors: codes from an app, recovery codes, passkeys."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from forum.models.ids import new_id
from forum.models.people import Person


class Totp(Model):
    """The shared secret of an authenticator app, encrypted. `last_step` is the newest time step that was used: a code
    works once. It counts from `confirmed_at` on."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    person: fields.OneToOneRelation[Person] = fields.OneToOneField(
        "forum.Person", related_name=False, on_delete=fields.CASCADE
    )
    person_id: int
    secret = fields.TextField()
    created_at = fields.DatetimeField()
    confirmed_at = fields.DatetimeField(null=True)
    last_step = fields.BigIntField(default=0)

    class Meta:
        table = "totp"


class RecoveryCode(Model):
    """One of ten, shown once, good for one sign-in."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.CASCADE
    )
    person_id: int
    code_hash = fields.CharField(max_length=64)
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "recovery_code"
        unique_together = (("person_id", "code_hash"),)


class Passkey(Model):
    """A WebAuthn credential. `credential_id` is base64url."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, on_delete=fields.CASCADE
    )
    person_id: int
    credential_id = fields.CharField(max_length=1400, unique=True)
    public_key = fields.BinaryField()
    sign_count = fields.BigIntField(default=0)
    name = fields.CharField(max_length=60)
    created_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "passkey"
        indexes = (Index(fields=("person_id",), name="passkey_person"),)


class Challenge(Model):
    """What an authenticator has to sign, once and soon. `token_hash` is of the token that the browser sends back."""

    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)
    token_hash = fields.CharField(max_length=64, unique=True)
    challenge = fields.BinaryField()
    purpose = fields.CharField(max_length=20)
    person: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "forum.Person", related_name=False, null=True, on_delete=fields.CASCADE
    )
    person_id: int | None
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()

    class Meta:
        table = "challenge"
