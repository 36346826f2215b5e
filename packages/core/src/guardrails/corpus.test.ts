/** How much the detectors find of hostile texts, and how little of benign ones, by the corpus beside this file. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { injectionDetector, piiDetector, secretsDetector } from "./detectors.ts";
import { checkPath, checkUrl } from "./verdicts.ts";

const sample = z.object({
  detector: z.enum(["secrets", "pii", "injection", "urls", "paths"]).optional(),
  family: z.string(),
  where: z.enum(["input", "output", "arguments", "result", "url", "path"]),
  text: z.string(),
});
type Sample = z.infer<typeof sample>;

function read(name: string): readonly Sample[] {
  const text = readFileSync(new URL(`./corpus/${name}.jsonl`, import.meta.url), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => sample.parse(JSON.parse(line)));
}

const hostile = read("hostile");
const benign = read("benign");
const detectors = { secrets: secretsDetector(), pii: piiDetector(), injection: injectionDetector() };
const { signal } = new AbortController();

async function fires(detector: NonNullable<Sample["detector"]>, { where, text }: Sample): Promise<boolean> {
  if (where === "url") return detector === "urls" && !(await checkUrl(text)).ok;
  if (where === "path") return detector === "paths" && !(await checkPath(text)).ok;
  if (detector === "urls" || detector === "paths") return false;
  return (await detectors[detector].detect(text, { where, signal })).length > 0;
}

async function firing(detector: NonNullable<Sample["detector"]>, samples: readonly Sample[]) {
  const hits = await Promise.all(samples.map((one) => fires(detector, one)));
  return samples.filter((_, at) => hits[at]);
}

test("the corpus has more than 150 texts of each sort", () => {
  expect(hostile.length).toBeGreaterThan(150);
  expect(benign.length).toBeGreaterThan(150);
});

// What is blocked by default must never be anybody's ordinary text; what is redacted may be one order number in two hundred.
test.each([
  ["secrets", 0.95, 0],
  ["pii", 1, 1],
  ["injection", 0.85, 0],
  ["urls", 1, 0],
  ["paths", 1, 0],
] as const)("%s: at least %d of what is hostile, at most %d benign texts", async (detector, recall, most) => {
  const all = hostile.filter((one) => one.detector === detector);
  const found = await firing(detector, all);
  expect(found.length / all.length).toBeGreaterThanOrEqual(recall);
  const wrong = (await firing(detector, benign)).map(({ text }) => text);
  expect(wrong.slice(most)).toEqual([]);
});
