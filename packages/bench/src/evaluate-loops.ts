/**
 * How well loops and standstills are told from work: labelled traces of tool calls, judged at their end by the rules of reflexion.
 * For each assessment, how many of the traces found are such (precision), and how many of such traces are found (recall).
 */
import { readFileSync } from "node:fs";
import { type Assessment, assess, type JsonValue, type ReflectedTurn } from "@locus-sdk/core";

interface LoopCase {
  readonly id: string;
  /** What a person says of its end. */
  readonly label: Assessment;
  readonly turns: readonly (readonly {
    readonly tool: string;
    readonly arguments: JsonValue;
    readonly result?: JsonValue;
    readonly error?: string;
  }[])[];
}

/** Shares from 0 to 1. */
export interface LoopNumbers {
  readonly traces: number;
  readonly accuracy: number;
  readonly byAssessment: Readonly<
    Record<Assessment, { readonly precision: number; readonly recall: number }>
  >;
  /** Of traces that are on their way, how many would have been told that they are not. */
  readonly falseAlarms: number;
  readonly misses: readonly {
    readonly id: string;
    readonly label: Assessment;
    readonly assessment: Assessment;
  }[];
}

const CASES = new URL("../cases/loops.jsonl", import.meta.url);
const ASSESSMENTS: readonly Assessment[] = ["loop_detected", "stuck", "new_findings", "on_track"];

export function loopCases(): readonly LoopCase[] {
  return readFileSync(CASES, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line): LoopCase => JSON.parse(line));
}

export function measureLoops(cases: readonly LoopCase[] = loopCases()): LoopNumbers {
  const judged = cases.map(({ id, label, turns }) => ({
    id,
    label,
    assessment: assess(turns.map(turnOf)).assessment,
  }));
  const misses = judged.filter(({ label, assessment }) => label !== assessment);
  const isTrouble = (assessment: Assessment): boolean =>
    assessment === "loop_detected" || assessment === "stuck";
  const calm = judged.filter(({ label }) => !isTrouble(label));
  const rates = ASSESSMENTS.map((one) => {
    const labelled = judged.filter(({ label }) => label === one);
    const found = judged.filter(({ assessment }) => assessment === one);
    const hits = labelled.filter(({ assessment }) => assessment === one).length;
    return [one, { precision: share(hits, found.length), recall: share(hits, labelled.length) }] as const;
  });
  return {
    traces: judged.length,
    accuracy: share(judged.length - misses.length, judged.length),
    byAssessment: Object.fromEntries(rates) as LoopNumbers["byAssessment"],
    falseAlarms: share(calm.filter(({ assessment }) => isTrouble(assessment)).length, calm.length),
    misses,
  };
}

function turnOf(calls: LoopCase["turns"][number]): ReflectedTurn {
  return calls.map(({ tool: name, arguments: args, result = null, error: message }) =>
    message === undefined
      ? { name, arguments: args, result, isError: false }
      : { name, arguments: args, isError: true, error: { message, code: "tool_error" } },
  );
}

function share(part: number, whole: number): number {
  return whole === 0 ? 1 : part / whole;
}

const percent = (rate: number): string => `${(100 * rate).toFixed(1)} %`;
const line = (columns: readonly string[]): string =>
  columns.map((column, index) => (index === 0 ? column.padEnd(28) : column.padStart(12))).join("");

function loopTable({ traces, accuracy, byAssessment, falseAlarms, misses }: LoopNumbers): string {
  return [
    line(["reflexion, by rules", "precision", "recall"]),
    ...ASSESSMENTS.map((one) =>
      line([one, percent(byAssessment[one].precision), percent(byAssessment[one].recall)]),
    ),
    `${traces} traces, ${percent(accuracy)} right, false alarms ${percent(falseAlarms)}`,
    ...misses.map(({ id, label, assessment }) => `  missed: ${id} is ${label}, was taken for ${assessment}`),
  ].join("\n");
}

function evaluate(): LoopNumbers {
  return measureLoops();
}

if (import.meta.main) {
  const numbers = evaluate();
  process.stdout.write(
    process.argv.includes("--json") ? `${JSON.stringify(numbers, null, 2)}\n` : `${loopTable(numbers)}\n`,
  );
}
