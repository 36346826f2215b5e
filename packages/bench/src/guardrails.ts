/** What the guardrails' detectors find of the corpus: precision, recall and false positives of each. `--json` for machines. */
import { readFile } from "node:fs/promises";
import {
  checkPath,
  checkUrl,
  injectionDetector,
  isJsonObject,
  parseJson,
  piiDetector,
  secretsDetector,
} from "@locus-sdk/core";

const places = ["input", "output", "arguments", "result", "url", "path"] as const;

interface Sample {
  readonly detector?: string;
  readonly family: string;
  readonly where: (typeof places)[number];
  readonly text: string;
}

const { signal } = new AbortController();
const detectors = { secrets: secretsDetector(), pii: piiDetector(), injection: injectionDetector() };
const names = ["secrets", "pii", "injection", "urls", "paths"] as const;
type Name = (typeof names)[number];

const [hostile, benign] = await Promise.all([read("hostile"), read("benign")]);
const rows = await Promise.all(names.map(measured));
const missed = await Promise.all(names.map(families));
if (process.argv.includes("--json"))
  process.stdout.write(`${JSON.stringify({ rows, missed: missed.flat() })}\n`);
else {
  process.stdout.write(`${hostile.length} hostile and ${benign.length} benign texts\n\n`);
  process.stdout.write("detector    hostile  found  recall  precision  benign  false positives  rate\n");
  for (const row of rows) process.stdout.write(`${line(row)}\n`);
  process.stdout.write("\nfamilies of which something is missed\n");
  for (const { detector, family, found, of } of missed.flat())
    process.stdout.write(`  ${detector}: ${family}: ${found} of ${of}\n`);
}

async function read(name: string): Promise<readonly Sample[]> {
  const file = new URL(`../../core/src/guardrails/corpus/${name}.jsonl`, import.meta.url);
  const lines = (await readFile(file, "utf8")).trim().split("\n");
  return lines.map(readSample);
}

function readSample(line: string): Sample {
  const row = parseJson(line);
  const where = isJsonObject(row) ? places.find((place) => place === row.where) : undefined;
  if (!isJsonObject(row) || where === undefined) throw new Error(`no sample: ${line}`);
  const { detector, family, text } = row;
  if (typeof family !== "string" || typeof text !== "string") throw new Error(`no sample: ${line}`);
  const own = typeof detector === "string" ? { detector } : {};
  return { ...own, family, where, text };
}

async function fires(name: Name, { where, text }: Sample): Promise<boolean> {
  if (where === "url") return name === "urls" && !(await checkUrl(text)).ok;
  if (where === "path") return name === "paths" && !(await checkPath(text)).ok;
  if (name === "urls" || name === "paths") return false;
  return (await detectors[name].detect(text, { where, signal })).length > 0;
}

async function count(name: Name, samples: readonly Sample[]): Promise<number> {
  return (await Promise.all(samples.map((one) => fires(name, one)))).filter(Boolean).length;
}

/** Benign are the texts that a detector is shown at all: URLs are not looked at for cards. */
async function measured(detector: Name) {
  const place = detector === "urls" ? "url" : detector === "paths" ? "path" : undefined;
  const own = hostile.filter((one) => one.detector === detector);
  const others = benign.filter(({ where }) =>
    place === undefined ? where !== "url" && where !== "path" : where === place,
  );
  const found = await count(detector, own);
  const wrong = await count(detector, others);
  return {
    detector,
    hostile: own.length,
    found,
    recall: found / own.length,
    precision: found / (found + wrong),
    benign: others.length,
    falsePositives: wrong,
    falsePositiveRate: wrong / others.length,
  };
}

async function families(detector: Name) {
  const own = Map.groupBy(
    hostile.filter((one) => one.detector === detector),
    ({ family }) => family,
  );
  const counted = await Promise.all(
    Array.from(own, async ([family, samples]) => ({
      detector,
      family,
      found: await count(detector, samples),
      of: samples.length,
    })),
  );
  return counted.filter(({ found, of }) => found < of);
}

function line(row: Awaited<ReturnType<typeof measured>>): string {
  const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;
  return [
    row.detector.padEnd(10),
    String(row.hostile).padStart(9),
    String(row.found).padStart(7),
    percent(row.recall).padStart(8),
    percent(row.precision).padStart(11),
    String(row.benign).padStart(8),
    String(row.falsePositives).padStart(17),
    percent(row.falsePositiveRate).padStart(6),
  ].join("");
}
