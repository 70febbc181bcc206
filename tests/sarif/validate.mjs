// Holds SARIF logs against the published schema: validate.mjs SCHEMA LOG...
import { readFileSync } from "node:fs";
import Ajv from "ajv";
import addFormats from "ajv-formats";

const [schema, ...logs] = process.argv.slice(2);
const read = (file) => JSON.parse(readFileSync(file, "utf8"));
// The schema's pattern for a language is valid only without the `u` flag.
const ajv = new Ajv.default({ strict: false, allErrors: true, unicodeRegExp: false });
addFormats.default(ajv);
const valid = ajv.compile(read(schema));

const broken = read(logs[0]);
broken.runs[0].results[0].level = "grave";
if (valid(broken)) throw new Error("a log with a level that does not exist was accepted");
for (const log of logs) {
  if (!valid(read(log))) throw new Error(`${log}: ${ajv.errorsText(valid.errors, { separator: "\n" })}`);
  console.log(`${log}: valid SARIF 2.1.0`);
}
