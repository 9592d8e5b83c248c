"""What is stored, one noun a file. Models hold columns and nothing else; what people do with them is in actions/."""

from forum.models.audit import AuditHead, AuditRow
from forum.models.commitments import Commitment, Notice
from forum.models.councils import Council, CouncilDomain
from forum.models.decisions import Decision
from forum.models.groups import Group, Membership
from forum.models.jobs import Job
from forum.models.links import Link
from forum.models.matrix import MatrixCell
from forum.models.memos import Memo
from forum.models.people import Person, Session
from forum.models.posts import Edition, Hiding, Post
from forum.models.quotes import Quote
from forum.models.references import Reference
from forum.models.releases import Finding, Release, ReleaseFile, ReleaseQuote
from forum.models.second_readings import SampledPost, SecondReading, SecondTheme
from forum.models.service import Service
from forum.models.submissions import Submission
from forum.models.taggings import Move, NoTheme, Tagging
from forum.models.themes import CodebookRevision, Theme
from forum.models.threads import Thread

__all__ = [
    "AuditHead",
    "AuditRow",
    "CodebookRevision",
    "Commitment",
    "Council",
    "CouncilDomain",
    "Decision",
    "Edition",
    "Finding",
    "Group",
    "Hiding",
    "Job",
    "Link",
    "MatrixCell",
    "Membership",
    "Memo",
    "Move",
    "NoTheme",
    "Notice",
    "Person",
    "Post",
    "Quote",
    "Reference",
    "Release",
    "ReleaseFile",
    "ReleaseQuote",
    "SampledPost",
    "SecondReading",
    "SecondTheme",
    "Service",
    "Session",
    "Submission",
    "Tagging",
    "Theme",
    "Thread",
]
