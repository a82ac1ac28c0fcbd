"""The county's month: checks, report (上报), return, accept, remind, lock, reopen."""
