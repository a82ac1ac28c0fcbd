"""Concurrency: functions that run each in a thread, with a database connection of its own."""

import threading

from django.db import connections


def run_in_threads(*works):
    """Run each function in a thread with its own connection; raise the first error of one of them."""
    errors = []

    def run(work):
        try:
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    if errors:
        raise errors[0]
