"""What is stored, one noun a file. Models hold columns and nothing else; what people do with them is in actions/."""

from forum.models.applications import Application
from forum.models.audit import AuditHead, AuditRow
from forum.models.commitments import Commitment, Notice
from forum.models.councils import Council, CouncilDomain
from forum.models.decisions import Decision
from forum.models.factors import Challenge, Passkey, RecoveryCode, Totp
from forum.models.groups import Group, Membership
from forum.models.invitations import Invitation
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
from forum.models.terms import Acceptance, Terms
from forum.models.themes import CodebookRevision, Theme
from forum.models.threads import Thread
from forum.models.visits import Visit

__all__ = [
    "Acceptance",
    "Application",
    "AuditHead",
    "AuditRow",
    "Challenge",
    "CodebookRevision",
    "Commitment",
    "Council",
    "CouncilDomain",
    "Decision",
    "Edition",
    "Finding",
    "Group",
    "Hiding",
    "Invitation",
    "Job",
    "Link",
    "MatrixCell",
    "Membership",
    "Memo",
    "Move",
    "NoTheme",
    "Notice",
    "Passkey",
    "Person",
    "Post",
    "Quote",
    "RecoveryCode",
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
    "Terms",
    "Theme",
    "Thread",
    "Totp",
    "Visit",
]
