#!/usr/bin/env bash
# outloud 0.2.1 (PyPI, checks tagged PDFs as a screen reader would hear them): its rule FIG-012 "alternative text that does not read
# as language" counts words at spaces and asks for one half of letters. A whole Chinese sentence has no spaces, so any alternative
# text of more than 30 characters is reported, while the same sentence in English passes.
# Expected by most: a checker of accessibility takes languages that are written without spaces for languages.
# Seen: one finding FIG-012 for the Chinese text, none for the English one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'outloud==0.2.1' 'weasyprint==70.0'
cat > "$folder/show.py" <<'PY'
import sys

import outloud
from weasyprint import HTML

TEXTS = {
    "zh": "各县市区城市社区综合服务设施达标率由高到低依次为潞州区上党区屯留区潞城区襄垣县平顺县黎城县",
    "en": "The share of urban communities with a service facility, by county, from the highest down",
}
for language, text in TEXTS.items():
    drawing = f'<svg width="80" height="40" role="img"><title>{text}</title><rect width="60" height="20"/></svg>'
    page = f'<html lang="{language}"><head><title>T</title></head><body><h1>T</h1><figure>{drawing}</figure></body></html>'
    path = f"{sys.argv[1]}/{language}.pdf"
    HTML(string=page).write_pdf(path, pdf_variant="pdf/ua-1")
    found = sorted({each.rule for each in outloud.check(path).findings if each.rule == "FIG-012"})
    print(language, found)
PY
seen=$("$folder/venv/bin/python" "$folder/show.py" "$folder" 2>/dev/null)
echo "$seen"
[[ $seen == "zh ['FIG-012']
en []" ]]
