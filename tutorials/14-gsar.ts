/*
 * 14. GSAR: answers weighed by their evidence
 *
 * An agent with `gsar` has its answers taken apart into claims, each weighed by what it rests on. What scores low goes back: to
 * be written again from the evidence that is there, or for evidence that is missing.
 *
 *   pnpm tutorial 14
 *
 * Expect: the arithmetic by hand, a diagnosis that gets better with each try, a judge that makes up a reference, an answer
 * that never holds, and exit code 0.
 */
import { Agent, evaluateGsar, type GsarStep, gsarDecide, gsarScore, tool } from "locus-sdk";
import { ScriptedModel } from "locus-sdk/testing";
import { z } from "zod";

// ── 1. By hand ───────────────────────────────────────────────────────────────────────────────────────────────────

// Grounded and complementary claims count for an answer, ungrounded ones against it, contradicted ones by a penalty. What a
// tool returned weighs more than what was concluded from it.
console.log("1. by hand");
const claim = (text: string, type: "tool_match" | "inference") => ({ text, type, evidence: [] });
const score = gsarScore({
  grounded: [claim("The pool was exhausted.", "tool_match")],
  ungrounded: [claim("A leak did it.", "inference")],
  contradicted: [],
  complementary: [],
});
console.log(`  1.0 of 1.0 + 0.6 is ${score}: ${gsarDecide(score)}`);

// ── 2. A diagnosis, recovered ────────────────────────────────────────────────────────────────────────────────────

// Models of a script, so that you see each step. The judge is a model that first says what an answer claims, and then where the
// evidence puts each claim.
console.log("2. a diagnosis");
const readLog = tool({
  name: "read_log",
  description: "The log of one service.",
  parameters: z.object({ service: z.enum(["orders-db", "checkout"]) }),
  execute: ({ service }) =>
    service === "orders-db"
      ? "14:02 ERROR connection pool exhausted (max 100, waiting 37)"
      : "13:58 INFO deploy 2.4.0: retries of payments raised from 2 to 20",
});
const read = (service: string) => ({ toolCalls: [{ name: "read_log", arguments: { service } }] });

type Found = readonly [claim: string, finding: GsarPlace, type: string, quote?: string];
type GsarPlace = "grounded" | "ungrounded" | "contradicted" | "complementary";
/** The two answers of a judge. */
const judged = (...found: readonly Found[]) => [
  JSON.stringify({ claims: found.map(([text]) => text) }),
  JSON.stringify({
    findings: found.map(([_text, finding, type, quote], index) => ({
      claim: index + 1,
      finding,
      type,
      evidence: quote === undefined ? [] : [{ source: "tool:call_1", quote }],
    })),
  }),
];
const exhausted: Found = ["The pool was exhausted.", "grounded", "tool_match", "connection pool exhausted"];
const retries: Found = ["Retries were raised to 20.", "grounded", "tool_match", "raised from 2 to 20"];
const link: Found = ["The retries used up the pool.", "complementary", "complementary_finding", "waiting 37"];

const model = new ScriptedModel([
  read("orders-db"),
  "The pool was exhausted. A leak did it.",
  read("checkout"),
  "The pool of 200 was exhausted, as retries were raised to 20 and used it up. There may be a leak, too.",
  "The pool was exhausted. Retries were raised to 20, which used it up.",
]);
const auxiliaryModel = new ScriptedModel([
  ...judged(exhausted, ["A leak did it.", "ungrounded", "inference"]),
  ...judged(
    exhausted,
    retries,
    link,
    ["There may be a leak.", "ungrounded", "inference"],
    ["The pool has 200.", "contradicted", "inference", "max 100"],
  ),
  ...judged(exhausted, retries, link),
]);
const agent = new Agent({ model, auxiliaryModel, tools: [readLog], gsar: true });
const tell = ({ decision, score: reached, partition }: GsarStep): void => {
  const wrong = [...partition.ungrounded, ...partition.contradicted].map(({ text }) => text);
  console.log(`  ${reached.toFixed(2)} ${decision}${wrong.length === 0 ? "" : `: ${wrong.join(" ")}`}`);
};
const { text, gsar, success } = await agent.run("Why did orders fail?");
gsar?.trajectory.forEach(tell);
console.log(`  success: ${success}; replans: ${gsar?.replans}, regenerations: ${gsar?.regenerations}`);
console.log(`  ${text}`);

// ── 3. A judge that makes things up ──────────────────────────────────────────────────────────────────────────────

// What a judge refers to is looked up. A quote that no source holds makes its claim ungrounded, and stays on record.
console.log("3. an invented reference");
const invented = await evaluateGsar({
  answer: "The disk failed.",
  sources: [{ id: "tool:call_1", text: "connection pool exhausted" }],
  judge: new ScriptedModel(judged(["The disk failed.", "grounded", "tool_match", "disk failure on node 7"])),
});
const [made] = invented.partition.ungrounded;
console.log(`  ${invented.decision}: no source says "${made?.rejected?.[0]?.quote}"`);

// ── 4. What never holds ──────────────────────────────────────────────────────────────────────────────────────────

// The judge by rules needs no model. An answer that stays below the threshold ends the run without success; with
// `failOnLowScore: false` it is handed on, and said to be degraded.
console.log("4. what never holds");
for (const failOnLowScore of [true, false]) {
  const guessing = new Agent({
    model: new ScriptedModel(["Sabotage by a competitor was the cause."], { repeat: true }),
    gsar: { judge: "rules", maxReplans: 1, failOnLowScore },
  });
  const guess = await guessing.run("Why did orders fail?");
  console.log(
    `  ${guess.stopReason}, success: ${guess.success}, degraded: ${guess.gsar?.degraded}, answers: ${guess.iterations}`,
  );
}
