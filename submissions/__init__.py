"""Monthly reports of the counties (上报): checks, reporting, reviewing, reminders; locking and reopening months."""
