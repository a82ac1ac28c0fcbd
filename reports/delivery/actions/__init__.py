"""Actions of deliveries: made with the issue, sent, sent again, read, reminded of, cancelled."""

from reports.delivery.actions.issued import begin_deliveries, cancel_deliveries
from reports.delivery.actions.reading import mark_as_read, remind_of_unread
from reports.delivery.actions.resending import send_again
from reports.delivery.actions.sending import send_delivery

__all__ = [
    "begin_deliveries",
    "cancel_deliveries",
    "mark_as_read",
    "remind_of_unread",
    "send_again",
    "send_delivery",
]
