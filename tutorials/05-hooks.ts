/*
 * 5. Hooks: look into a run, or step in
 *
 * A hook is an object with methods for the moments of a run it cares about. Each gets one context and may return one
 * decision; returning nothing changes nothing. Four hooks here: one watches, one forbids, one rewrites, one redacts.
 *
 *   pnpm tutorial 05
 *
 * Expect: the log of a run; a call that was denied, with the reason the model read; a card number that the model never
 * saw; the order in which hooks of different priority are asked; and a guard that fails and lets nothing through.
 */
import { Agent, type Hook, HookPriority, parseJson, tool } from "locus-sdk";
import { z } from "zod";

const model = process.env.LOCUS_MODEL || "oci:openai.gpt-oss-120b";

const findCustomer = tool({
  name: "find_customer",
  description: "Looks up a customer's record by name.",
  parameters: z.object({ name: z.string() }),
  execute: ({ name }) => ({ name, city: "Oslo", card: "4111 1111 1111 1111" }),
});
let deleted = 0;
const deleteCustomer = tool({
  name: "delete_customer",
  description: "Deletes a customer's record.",
  parameters: z.object({ name: z.string() }),
  execute: ({ name }) => {
    deleted++;
    return { name, deleted: true };
  },
});

// ── Watch ────────────────────────────────────────────────────────────────────────────────────────────────────────

// `onEvent` sees every event; `before…` and `after…` see the moments around a call. A hook that only looks returns
// nothing, and if it throws, the run goes on without it.
const observer: Hook = {
  name: "observer",
  priority: HookPriority.observability,
  beforeModelCall: ({ request }) =>
    console.log(`  [observer] asking the model with ${request.messages.length} messages`),
  afterToolCall: ({ call, source }) => console.log(`  [observer] ${call.name}: ${source}`),
  afterRun: ({ result }) => console.log(`  [observer] the run is over: ${result.stopReason}`),
};

// ── Forbid ───────────────────────────────────────────────────────────────────────────────────────────────────────

// `deny` keeps the call from being made; the model reads the text as the reason. A `guard` fails closed: should this
// hook itself throw, the call is not made either.
const readOnly: Hook = {
  name: "read-only",
  priority: HookPriority.security,
  guard: true,
  beforeToolCall: ({ call }) =>
    call.name.startsWith("delete_")
      ? { deny: "records are read-only here; ask an administrator" }
      : undefined,
};

// ── Redact ───────────────────────────────────────────────────────────────────────────────────────────────────────

// What an `afterToolCall` returns takes the result's place, in the model's eyes and on record alike. As `after…` hooks
// run from high to low priority, this one has the last word: the observer above still sees the result as it was.
const seenByRedaction: unknown[] = [];
const redactCards: Hook = {
  name: "redact-cards",
  priority: HookPriority.security,
  guard: true,
  afterToolCall: ({ result }) => {
    if (result === undefined) return undefined;
    seenByRedaction.push(result);
    const text = JSON.stringify(result).replace(/\b(?:\d{4}[ -]?){3}\d{4}\b/g, "[card number]");
    return { result: parseJson(text) ?? "[redacted]" };
  },
};

// ── Rewrite ──────────────────────────────────────────────────────────────────────────────────────────────────────

// A request can be changed before it is sent: here every one goes out with little room for invention. What is set for
// one model call stays out of the conversation.
const careful: Hook = {
  name: "careful",
  priority: HookPriority.business,
  beforeModelCall: ({ request }) => ({
    request: { ...request, settings: { ...request.settings, temperature: 0 } },
  }),
};
const checkTemperature: Hook = {
  name: "check",
  beforeModelCall: ({ request }) => console.log("  [check] temperature is", request.settings?.temperature),
};

await using agent = new Agent({
  model,
  systemPrompt: "You look after customer records.",
  tools: [findCustomer, deleteCustomer],
  // The order in this list does not matter: priorities decide.
  hooks: [checkTemperature, careful, observer, redactCards, readOnly],
});

console.log("── a look-up");
const found = await agent.run("Find the customer record of Ada.");
console.log(found.text);
console.log("the tool returned the card:", JSON.stringify(seenByRedaction).includes("4111"));
console.log("the conversation holds it: ", JSON.stringify(found.messages).includes("4111"));

console.log("── a call that is denied");
const denied = await agent.run("Please delete the customer record of Ada.");
for (const { name, error } of denied.toolExecutions)
  console.log(`${name} → ${error?.code}: ${error?.message}`);
console.log(denied.text);
console.log("records deleted:", deleted);

// ── Order ────────────────────────────────────────────────────────────────────────────────────────────────────────

// `before…` hooks run from low to high priority, `after…` hooks the other way round, like the layers of an onion.
const order: string[] = [];
const layer = (name: keyof typeof HookPriority): Hook => ({
  name,
  priority: HookPriority[name],
  beforeModelCall: () => void order.push(`→ ${name}`),
  afterModelCall: () => void order.push(`${name} →`),
});
await using layered = new Agent({
  model,
  hooks: [layer("business"), layer("security"), layer("observability")],
});
await layered.run("Hello!");
console.log("── order");
console.log(order.join("  "));

// ── A guard that fails ───────────────────────────────────────────────────────────────────────────────────────────

// Were this an ordinary hook, its failure would be logged and passed over. A guard's failure ends what it guards.
const policyService: Hook = {
  name: "policy-service",
  guard: true,
  beforeRun: () => {
    throw new Error("the policy service is down");
  },
};
const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
await using guarded = new Agent({ model, hooks: [policyService], logger: quiet });
const refused = await guarded.run("Hello!");
console.log("── a guard that fails");
console.log(
  `success: ${refused.success}, ${refused.stopReason}: ${refused.stopDetail}; model calls: ${refused.iterations}`,
);
