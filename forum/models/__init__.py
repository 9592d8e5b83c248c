"""What is stored, one noun a file. Models hold columns and nothing else; what people do with them is in actions/."""

from forum.models.councils import Council
from forum.models.groups import Group, Membership
from forum.models.people import Person, Session
from forum.models.posts import Edition, Hiding, Post
from forum.models.references import Reference
from forum.models.service import Service
from forum.models.submissions import Submission
from forum.models.taggings import Tagging
from forum.models.themes import Theme
from forum.models.threads import Thread

__all__ = [
    "Council",
    "Edition",
    "Group",
    "Hiding",
    "Membership",
    "Person",
    "Post",
    "Reference",
    "Service",
    "Session",
    "Submission",
    "Tagging",
    "Theme",
    "Thread",
]
