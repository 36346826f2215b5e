/*
 * 13. Reflexion and grounding: agents that look at their own work
 *
 * With `reflexion` an agent looks back between model calls: is it getting anywhere, or going round in a circle? With
 * `grounding` its answer is looked up in what its tools said before anybody gets it. A causal chain shows what led to what.
 *
 *   pnpm tutorial 13
 *
 * Expect: a run that is on its way; a loop that is noticed, and left; what a judge says; an answer that goes back because
 * nothing bears it out, and one that never gets better; and a picture of what led to what.
 */
import { Agent, type AgentEvent, assess, causalChainFrom, tool } from "locus-sdk";
import { ScriptedModel, type ScriptedStep } from "locus-sdk/testing";
import { z } from "zod";

const model = process.env.LOCUS_MODEL || "oci:openai.gpt-oss-120b";

const trains = tool({
  name: "find_trains",
  description: "Departures of today from Oslo to a town.",
  parameters: z.object({ town: z.string() }),
  execute: ({ town }) => (town === "Bergen" ? [{ leaves: "07:10", platform: 4 }] : []),
});

// ── 1. Looking back ──────────────────────────────────────────────────────────────────────────────────────────────

// By rules, which are free: each look back says where the run stands, and moves its confidence.
console.log("1. looking back");
await using traveller = new Agent({ model, tools: [trains], reflexion: true });
traveller.on("reflect", ({ assessment, reason }) => console.log(`  ${assessment}: ${reason}`));
const { confidence } = await traveller.run("When do trains leave for Bergen?");
console.log(`  confidence: ${confidence}`);

// ── 2. A loop ────────────────────────────────────────────────────────────────────────────────────────────────────

// The model here is a script: it asks for the same twice, and does better once it is told.
console.log("2. a loop");
const asking = (town: string): ScriptedStep => ({
  toolCalls: [{ name: "find_trains", arguments: { town } }],
});
const forgetful = new Agent({
  model: new ScriptedModel([
    asking("Bergn"),
    asking("Bergn"),
    asking("Bergen"),
    "At 07:10, from platform 4.",
  ]),
  tools: [trains],
  reflexion: true,
});
const events: AgentEvent[] = [];
forgetful.on("event", (event) => events.push(event));
forgetful.on("reflect", ({ assessment, guidance = "(nothing is said)" }) =>
  console.log(`  ${assessment}: ${guidance}`),
);
console.log(`  ${(await forgetful.run("When do trains leave for Bergen?")).text}`);

// Paging is no loop: its arguments differ, and what comes of it is new. `assess` is the rules by themselves.
const page = (n: number) => [{ name: "list", arguments: { page: n }, result: [`item ${n}`], isError: false }];
console.log(`  four pages: ${assess([1, 2, 3, 4].map(page)).assessment}`);

// ── 3. A judge ───────────────────────────────────────────────────────────────────────────────────────────────────

// A model can judge in the place of the rules; `"auxiliary"` is the agent's `auxiliaryModel`. Its word has a type.
console.log("3. a judge");
const verdict = {
  assessment: "stuck",
  confidence_delta: -0.1,
  reason: "Trains do not cross the sea.",
  guidance: "Look for ferries.",
};
const judged = new Agent({
  model: new ScriptedModel([asking("London"), "There are ferries."]),
  tools: [trains],
  auxiliaryModel: new ScriptedModel([JSON.stringify(verdict)]),
  reflexion: { judge: "auxiliary" },
});
judged.on("reflect", ({ assessment, reason, guidance }) =>
  console.log(`  ${assessment}, because: ${reason}\n  ${guidance}`),
);
await judged.run("How do I get to London?");

// ── 4. What led to what ──────────────────────────────────────────────────────────────────────────────────────────

// Of the events of the second run. `causes` is said only where the record shows it.
console.log("4. what led to what");
const chain = causalChainFrom(events);
for (const { from, to, relation, reason } of chain.edges)
  if (relation === "causes") console.log(`  ${from} → ${to}: ${reason}`);
console.log(`  a picture in ${chain.toMermaid().split("\n").length} lines of Mermaid`);

// ── 5. Grounding ─────────────────────────────────────────────────────────────────────────────────────────────────

// What an answer claims is looked for in what tools returned. `judge: "rules"` compares words and figures, offline; by default
// the auxiliary model judges.
console.log("5. grounding");
const hasty = new Agent({
  model: new ScriptedModel([asking("Bergen"), "The train leaves at 09:45.", "The train leaves at 07:10."]),
  tools: [trains],
  grounding: { judge: "rules" },
});
hasty.on("grounding", ({ decision, ungroundedClaims }) =>
  console.log(`  ${decision}${ungroundedClaims.map((claim) => `: ${claim}`).join("")}`),
);
const corrected = await hasty.run("When does the train to Bergen leave?");
console.log(`  ${corrected.text} (${corrected.stopReason})`);

// What never gets better is no success.
const stubborn = new Agent({
  model: new ScriptedModel([asking("Bergen"), ...Array<string>(3).fill("The train leaves at 09:45.")]),
  tools: [trains],
  grounding: { judge: "rules" },
});
const failed = await stubborn.run("When does the train to Bergen leave?");
console.log(`  success: ${failed.success} (${failed.stopReason})`);
