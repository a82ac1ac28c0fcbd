#!/usr/bin/env bash
# Django REST framework 3.18.3: as_view() of a ViewSet sets the class attributes `name`, `description`, `suffix`, `detail` and
# `basename` to None on the class itself. An attribute of one of these names that a project declares for its own purpose is
# gone for everybody after the first as_view(), which keyword arguments of as_view() only hide for one view.
# Expected by most: as_view() leaves the class as it was declared, as Django's own View.as_view() does.
# Seen: 'organizations' before, None after the first call; the view built in a loop over such names gets "None/" as address.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'django==5.2.19' 'djangorestframework==3.18.3'
cat > "$folder/show.py" <<'PY'
import django
from django.conf import settings

settings.configure(INSTALLED_APPS=["rest_framework"], USE_TZ=True)
django.setup()
from django.views import View
from rest_framework.viewsets import ViewSet


class OfDjango(View):
    name = "organizations"

    def get(self, request):
        return None


class OfFramework(ViewSet):
    name = "organizations"

    def list(self, request):
        return None


OfDjango.as_view()
print("Django's View:", OfDjango.name)
print("before:", OfFramework.name)
OfFramework.as_view({"get": "list"})
print("after:", OfFramework.name)
PY
seen=$("$folder/venv/bin/python" "$folder/show.py")
echo "$seen"
[[ $seen == "Django's View: organizations
before: organizations
after: None" ]]
