#!/usr/bin/env bash
# WeasyPrint 70.0, tagged PDF/A-3 (pdf/a-3a) with one attachment given to write_pdf: the catalog's array of associated files (AF)
# names the same file specification twice, so programs that process "all associated files" of an archive copy get it twice.
# Expected by most: one file, one entry, as in the name tree of embedded files, which has it once.
# Seen: EmbeddedFiles 1, AF 2 entries, 1 of them distinct.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'weasyprint==70.0' 'pikepdf==10.1.0'
cat > "$folder/show.py" <<'PY'
import io

import pikepdf
from weasyprint import HTML, Attachment

page = HTML(string="<html lang='en'><head><title>T</title></head><body><h1>T</h1><p>text</p></body></html>")
file = Attachment(string="{}", name="figures.json", description="figures", relationship="Data")
written = page.write_pdf(pdf_variant="pdf/a-3a", attachments=[file])
with pikepdf.open(io.BytesIO(written)) as document:
    names = document.Root.Names.EmbeddedFiles.Names
    listed = [each.objgen for each in document.Root.AF]
    print("EmbeddedFiles", len(names) // 2, "AF", len(listed), "distinct", len(set(listed)))
PY
seen=$("$folder/venv/bin/python" "$folder/show.py" 2>/dev/null)
echo "$seen"
[[ $seen == "EmbeddedFiles 1 AF 2 distinct 1" ]]
