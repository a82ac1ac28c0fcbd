#!/usr/bin/env bash
# SheetJS 0.18.5 (npm package xlsx), Node.js: a workbook with the title “甲 & 乙” written as XML of Excel 2003 (bookType xlml)
# is no XML: the & of the title stands there as it is. The same workbook as .xlsx is sound, and its cells are escaped in both.
# A custom property called 模板版本 spoils the file as well, once it has come out of an .xlsx: its name is read as Latin-1
# (“æ¨¡æ¿çæ¬”) and becomes the name of an element, with signs that no name may have.
# A guess would be that whatever a library writes in a format of XML is well-formed.
# Seen: "title: not well-formed (invalid token)", "name: æ\xa8\xa1...", "custom property: not well-formed (invalid token)",
# "title in .xlsx: well-formed" (Node.js 20.20.2).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund xlsx@0.18.5

cat >write.cjs <<'JS'
const fs = require("fs");
const XLSX = require("xlsx");
const book = () => {
  const made = XLSX.utils.book_new();
  XLSX.utils.book_append_sheet(made, XLSX.utils.aoa_to_sheet([["名称"], ["甲 & 乙"]]), "社区");
  return made;
};
const titled = book();
titled.Props = { Title: "甲 & 乙" };
XLSX.writeFile(titled, "title.xml", { bookType: "xlml" });
XLSX.writeFile(titled, "title.xlsx", { bookType: "xlsx" });
const named = book();
named.Custprops = { 模板版本: 1 };
const read = XLSX.read(XLSX.write(named, { type: "buffer", bookType: "xlsx" }));
console.log(JSON.stringify(Object.keys(read.Custprops)[0]));
XLSX.writeFile(read, "property.xml", { bookType: "xlml" });
XLSX.writeFile(book(), "plain.xml", { bookType: "xlml" });
JS
node write.cjs >name

check() {
    python3 - "$1" "${2:-}" <<'PY'
import sys
import zipfile
from xml.parsers import expat

path, part = sys.argv[1:]
data = zipfile.ZipFile(path).read(part) if part else open(path, "rb").read()
try:
    expat.ParserCreate().Parse(data, True)
except expat.ExpatError as error:
    print(expat.ErrorString(error.code))
else:
    print("well-formed")
PY
}

name=$(python3 -c 'import json; print(ascii(json.load(open("name", encoding="utf-8"))))')
echo "without properties: $(check plain.xml)"
echo "title:              $(check title.xml)"
echo "name:               $name"
echo "custom property:    $(check property.xml)"
echo "title in .xlsx:     $(check title.xlsx docProps/core.xml)"
[[ $(check plain.xml) == "well-formed" ]]
[[ $(check title.xml) == "not well-formed (invalid token)" ]]
[[ $name == "'\\xe6\\xa8\\xa1\\xe6\\x9d\\xbf\\xe7\\x89\\x88\\xe6\\x9c\\xac'" ]]
[[ $(check property.xml) == "not well-formed (invalid token)" ]]
[[ $(check title.xlsx docProps/core.xml) == "well-formed" ]]
