// Writes workbooks anew with one JavaScript library: `rewrite.js convert LIBRARY FORMAT JOBS.json`, `rewrite.js version PACKAGE`.
// A job that fails is named on standard error and left out.
const fs = require("fs");

const BOOK_TYPES = {
  ".xlsx": "xlsx",
  ".xls": "biff8",
  ".xls (Excel 95)": "biff5",
  ".xls (XML of 2003)": "xlml",
  ".ods": "ods",
  ".fods": "fods",
  ".csv": "csv",
  ".html": "html",
};

function sheetJs(job, kind, options) {
  const XLSX = require("xlsx");
  const book = XLSX.readFile(job.source, options);
  XLSX.writeFile(book, job.target, { bookType: BOOK_TYPES[kind], sheet: job.sheet });
}

async function excelJs(job, kind) {
  const ExcelJS = require("exceljs");
  const book = new ExcelJS.Workbook();
  await book.xlsx.readFile(job.source);
  if (kind === ".csv") {
    await book.csv.writeFile(job.target, { sheetName: job.sheet });
  } else {
    await book.xlsx.writeFile(job.target);
  }
}

const LIBRARIES = {
  SheetJS: (job, kind) => sheetJs(job, kind, {}),
  "SheetJS, cellDates": (job, kind) => sheetJs(job, kind, { cellDates: true }),
  exceljs: excelJs,
};

async function main() {
  const [action, library, kind, jobs] = process.argv.slice(2);
  if (action === "version") {
    console.log(require(`${library}/package.json`).version);
    return;
  }
  for (const job of JSON.parse(fs.readFileSync(jobs, "utf-8"))) {
    try {
      await LIBRARIES[library](job, kind);
    } catch (error) {
      console.error(`${library} ${kind} ${job.source}: ${error}`);
    }
  }
}

main();
