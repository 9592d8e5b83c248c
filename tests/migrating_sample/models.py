"""The library as it is after its last step."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class Shelf(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=80, unique=True)
    books = fields.IntField(db_default=0)

    class Meta:
        table = "shelf"


class Book(Model):
    id = fields.IntField(primary_key=True)
    shelf: fields.ForeignKeyRelation[Shelf] = fields.ForeignKeyField(
        "sample.Shelf", related_name=False, on_delete=fields.CASCADE
    )
    title = fields.CharField(max_length=200)
    writer = fields.CharField(max_length=50)
    year = fields.IntField()
    pages = fields.IntField(db_default=7)

    class Meta:
        table = "book"
        unique_together = (("shelf", "title"),)
        indexes = (Index(fields=("writer",), name="book_author"),)


class Loan(Model):
    id = fields.IntField(primary_key=True)
    book: fields.ForeignKeyRelation[Book] = fields.ForeignKeyField(
        "sample.Book", related_name=False, on_delete=fields.CASCADE
    )
    reader = fields.CharField(max_length=50)

    class Meta:
        table = "loan"
