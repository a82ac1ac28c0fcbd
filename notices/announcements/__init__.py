"""Announcements (公告): a few words of the bureau that stand on top of everybody's pages from one day to another."""
