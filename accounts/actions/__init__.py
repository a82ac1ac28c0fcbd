"""Writes of accounts. One file a kind of write; import from here."""

from accounts.actions.staff import AppointedStaff, appoint_staff, generate_password

__all__ = ["AppointedStaff", "appoint_staff", "generate_password"]
