#!/usr/bin/env bash
# Django 5.2.19: a queryset that is built once (a class attribute of a view, for example) and has a Subquery over a model whose
# Meta.ordering crosses a foreign key, compiles to different SQL when several threads compile clones of it at the same time.
# Clones share the Subquery and its inner query; each compilation adds the join of the ordering to that inner query anew and
# resets its reference counts afterwards, so that one thread meets the half-done state of another.
# Expected by most: querysets are lazy and cloned by every method, so that one built at import may be shared by threads; the
# generic views of Django clone theirs with all() for each request.
# Seen: in one thread one SQL text; in eight threads several, some of them with an alias in ORDER BY that no FROM declares.
# With order_by() on the inner queryset there is one text again.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'django==5.2.19'
cat > "$folder/show.py" <<'PY'
import sys
import threading
import time

import django
from django.conf import settings

settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}, USE_TZ=True)
django.setup()
from django.db import models
from django.db.models import OuterRef, Subquery


class Report(models.Model):
    month = models.DateField()

    class Meta:
        app_label = "show"
        ordering = ("month",)


class Count(models.Model):
    report = models.ForeignKey(Report, models.CASCADE)
    kind = models.CharField(max_length=20)
    number = models.IntegerField()

    class Meta:
        app_label = "show"
        ordering = ("report", "id")


def built(inner):
    kinds = ("signs", "ledgers", "meetings", "visits")
    return Report.objects.annotate(
        **{kind: Subquery(inner.filter(report=OuterRef("pk"), kind=kind).values("number")[:1]) for kind in kinds}
    )


def texts(queryset, threads, seconds):
    """Return the different SQL texts of clones of one queryset, compiled until there are two or the time is over."""
    found, until = set(), time.monotonic() + seconds

    def compile_often():
        while time.monotonic() < until and len(found) < 2:
            found.add(str(queryset.all().query))

    running = [threading.Thread(target=compile_often) for _ in range(threads)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    return len(found)


sys.setswitchinterval(1e-6)
print("one thread:", texts(built(Count.objects.all()), 1, 2) == 1)
print("eight threads differ:", texts(built(Count.objects.all()), 8, 120) > 1)
print("eight threads, order_by():", texts(built(Count.objects.order_by()), 8, 20) == 1)
PY
seen=$("$folder/venv/bin/python" "$folder/show.py")
echo "$seen"
[[ $seen == "one thread: True
eight threads differ: True
eight threads, order_by(): True" ]]
