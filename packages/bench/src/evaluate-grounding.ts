/**
 * How well claims are told apart: of labelled claims, how many of the unfounded and contradicted ones are found (recall), and how
 * many of those found are such (precision). The rules run offline; with LOCUS_MODEL set, a model judges too.
 */
import { readFileSync } from "node:fs";
import { type EvaluateOptions, evaluateGrounding, type GroundingVerdict } from "@locus-sdk/core";

interface Case {
  readonly id: string;
  /** Written when the rules were done, and no rule was made for it. */
  readonly heldOut?: true;
  readonly sources: EvaluateOptions["sources"];
  readonly claims: readonly {
    readonly text: string;
    readonly verdict: GroundingVerdict;
    /** What was done to it: `number`, `negation`, `entity`, `paraphrase`, … */
    readonly kind: string;
  }[];
}

interface Judged {
  readonly kind: string;
  readonly text: string;
  readonly label: GroundingVerdict;
  readonly verdict: GroundingVerdict;
}

/** Shares from 0 to 1. */
export interface DetectorNumbers {
  readonly detector: string;
  readonly claims: number;
  /** Of claims that are not grounded, whether unfounded or contradicted. */
  readonly precision: number;
  readonly recall: number;
  /** Of contradictions alone. */
  readonly contradictionPrecision: number;
  readonly contradictionRecall: number;
  /** By what was done to the claims: how many were put on the right side. */
  readonly byKind: Readonly<Record<string, { readonly right: number; readonly of: number }>>;
  /** The claims put on the wrong side. */
  readonly misses: readonly Judged[];
}

const CASES = new URL("../cases/grounding.jsonl", import.meta.url);

export function groundingCases(): readonly Case[] {
  return readFileSync(CASES, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Case => JSON.parse(line));
}

export async function measureGrounding(
  judge: EvaluateOptions["judge"],
  cases: readonly Case[] = groundingCases(),
): Promise<DetectorNumbers> {
  const judged: Judged[] = [];
  for (const { sources, claims } of cases) {
    const texts = claims.map(({ text }) => text);
    const found = await evaluateGrounding({ answer: texts.join("\n"), claims: texts, sources, judge });
    for (const [index, { text, kind, verdict: label }] of claims.entries()) {
      const verdict = found.claims[index]?.verdict ?? "ungrounded";
      judged.push({ kind, text, label, verdict });
    }
  }
  const isWrong = (verdict: GroundingVerdict): boolean => verdict !== "grounded";
  const isContradicted = (verdict: GroundingVerdict): boolean => verdict === "contradicted";
  const [precision, recall] = ratesOf(judged, isWrong);
  const [contradictionPrecision, contradictionRecall] = ratesOf(judged, isContradicted);
  const byKind: Record<string, { readonly right: number; readonly of: number }> = {};
  for (const { kind, label, verdict } of judged) {
    const { right, of } = byKind[kind] ?? { right: 0, of: 0 };
    byKind[kind] = { right: right + (isWrong(label) === isWrong(verdict) ? 1 : 0), of: of + 1 };
  }
  return {
    detector: typeof judge === "string" ? judge : `${judge.provider}:${judge.modelId}`,
    claims: judged.length,
    precision,
    recall,
    contradictionPrecision,
    contradictionRecall,
    byKind,
    misses: judged.filter(({ label, verdict }) => isWrong(label) !== isWrong(verdict)),
  };
}

function ratesOf(
  judged: readonly Judged[],
  is: (verdict: GroundingVerdict) => boolean,
): readonly [precision: number, recall: number] {
  const hits = judged.filter(({ label, verdict }) => is(label) && is(verdict)).length;
  const found = judged.filter(({ verdict }) => is(verdict)).length;
  const all = judged.filter(({ label }) => is(label)).length;
  return [found === 0 ? 1 : hits / found, all === 0 ? 1 : hits / all];
}

async function evaluateGroundingDetectors(): Promise<readonly DetectorNumbers[]> {
  const cases = groundingCases();
  const heldOut = await measureGrounding(
    "rules",
    cases.filter((one) => one.heldOut === true),
  );
  const numbers = [await measureGrounding("rules", cases), { ...heldOut, detector: "rules, held out" }];
  const model = process.env.LOCUS_MODEL;
  if (model !== undefined && model !== "") {
    // The providers behind the prefixes.
    await import("locus-sdk");
    numbers.push(await measureGrounding(model, cases));
  }
  return numbers;
}

const percent = (rate: number): string => `${(100 * rate).toFixed(1)} %`;
const line = (columns: readonly string[]): string =>
  columns.map((column, index) => (index === 0 ? column.padEnd(28) : column.padStart(18))).join("");

export function groundingTable(numbers: readonly DetectorNumbers[]): string {
  const kinds = Object.keys(numbers[0]?.byKind ?? {}).sort();
  return [
    line(["grounding", "claims", "precision", "recall", "contrad. p.", "contrad. r."]),
    ...numbers.map((row) =>
      line([
        row.detector,
        String(row.claims),
        percent(row.precision),
        percent(row.recall),
        percent(row.contradictionPrecision),
        percent(row.contradictionRecall),
      ]),
    ),
    "",
    line(["right, by kind", ...numbers.map(({ detector }) => detector.slice(-16))]),
    ...kinds.map((kind) =>
      line([kind, ...numbers.map(({ byKind }) => `${byKind[kind]?.right ?? 0}/${byKind[kind]?.of ?? 0}`)]),
    ),
  ].join("\n");
}

if (import.meta.main) {
  const numbers = await evaluateGroundingDetectors();
  const out = process.argv.includes("--json") ? JSON.stringify(numbers, null, 2) : groundingTable(numbers);
  process.stdout.write(`${out}\n`);
}
