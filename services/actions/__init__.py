"""Writing calls and proposals, and choosing among the proposals of a call."""

from services.actions.calls import CallFields, communities_text, divisions_with_calls_of, open_call, save_call
from services.actions.choosing import Choice, decide, page_seen
from services.actions.proposals import ProposalFields, call_to_answer, open_proposal, save_proposal

__all__ = [
    "CallFields",
    "Choice",
    "ProposalFields",
    "call_to_answer",
    "communities_text",
    "decide",
    "divisions_with_calls_of",
    "open_call",
    "open_proposal",
    "page_seen",
    "save_call",
    "save_proposal",
]
