#!/usr/bin/env bash
# SheetJS 0.18.5 (npm package xlsx), Node.js with TZ=Asia/Shanghai: with `cellDates: true`, the day 2018-06-30 of an .xlsx
# is read as 2018-06-29 23:59:17 local time, so that getDate() gives 29. Written to .fods (.ods alike), the cell says
# 2018-06-29T15:59:17.000Z as its value and 2018-06-30 as its text. In UTC both are the 30th.
# Until 1901 local mean time was 5 minutes 43 seconds ahead of UTC+8: the library takes the offset of the zone in 1899, the
# epoch of serial dates, in whole minutes.
# A guess would be that a day is read as midnight of that day in the zone of the program.
# Seen: "read 2018-06-29T15:59:17.000Z, day 29, value 2018-06-29T15:59:17.000Z, text 2018-06-30" (Node.js 20.20.2).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund xlsx@0.18.5

cat >day.cjs <<'JS'
const XLSX = require("xlsx");
const made = XLSX.utils.book_new();
const sheet = XLSX.utils.aoa_to_sheet([["启用日期"], [43281]]); // 43281 is 2018-06-30
sheet.A2.z = "yyyy-mm-dd";
XLSX.utils.book_append_sheet(made, sheet, "设施");
const read = XLSX.read(XLSX.write(made, { type: "buffer", bookType: "xlsx" }), { cellDates: true });
const day = read.Sheets["设施"].A2.v;
const flat = XLSX.write(read, { type: "buffer", bookType: "fods" }).toString();
const value = flat.match(/date-value="([^"]*)"/)[1];
const text = flat.match(/<text:p>(2018[^<]*)/)[1];
console.log(`read ${day.toISOString()}, day ${day.getDate()}, value ${value}, text ${text}`);
JS

in_china=$(TZ=Asia/Shanghai node day.cjs)
in_utc=$(TZ=UTC node day.cjs)
echo "Asia/Shanghai: $in_china"
echo "UTC:           $in_utc"
[[ $in_china == "read 2018-06-29T15:59:17.000Z, day 29, value 2018-06-29T15:59:17.000Z, text 2018-06-30" ]]
[[ $in_utc == "read 2018-06-30T00:00:00.000Z, day 30, value 2018-06-30T00:00:00.000Z, text 2018-06-30" ]]
