/*
 * 8. A human in the loop: questions, approvals, and answers from another process
 *
 * A run that needs a person ends. Its question is on record, nothing waits in memory, and whoever has the store may
 * answer: a minute later or a week, in this process or another one.
 *
 *   pnpm tutorial 08
 *
 * Expect: a question whose answer becomes a tool's result; a refund that another process approves, with less money; two
 * questions of one run, answered one by one; a no that the model reads; a yes that covers what was shown and nothing
 * else; a hook that asks; and an agent that asks by itself.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Agent, type AgentOptions, type AgentResult, type Hook, InterruptError, tool } from "locus-sdk";
import { SqliteCheckpointer } from "locus-sdk/checkpointers/sqlite";
import { z } from "zod";

const model = process.env.LOCUS_MODEL || "oci:openai.gpt-oss-120b";

// Asked for before it runs. The rule is yours: no, yes, or the question to ask.
const refund = z.object({ customer: z.string(), euros: z.number().positive() });
const refundCustomer = tool({
  name: "refund_customer",
  description: "Refunds a customer: pays euros back.",
  parameters: refund,
  needsApproval: ({ customer, euros }) => euros > 100 && `Pay ${euros} euros back to ${customer}?`,
  execute: ({ customer, euros }) => ({ customer, refunded: euros }),
});

// Asks from inside. What it returns is a question and no result: the body ends there, and is not run again.
const bookHotel = tool({
  name: "book_hotel",
  description: "Books a hotel room in a city.",
  parameters: z.object({ city: z.string() }),
  execute: ({ city }, ctx) =>
    ctx.interrupt({ question: `Which hotel in ${city}?`, options: ["Harbour", "Station"] }),
  // The answer is the tool's result; or what you make of it.
  onAnswer: (hotel, { city }) => ({ city, hotel, booking: "B-101" }),
});

const agentOn = (checkpointer: SqliteCheckpointer, options: Partial<AgentOptions> = {}): Agent =>
  new Agent({ model, checkpointer, tools: [refundCustomer, bookHotel], ...options });

// ── The clerk, another process ───────────────────────────────────────────────────────────────────────────────────

// Started as `node 08-human-in-the-loop.ts clerk <file> <thread>`, this script is a clerk, who knows the file and the
// thread's id and nothing else. In earnest: your web application, some other day.
async function answerAsClerk(path: string, threadId: string): Promise<void> {
  await using store = new SqliteCheckpointer({ path });
  await using agent = agentOn(store);
  const state = await agent.state(threadId);
  for (const { interruptId, question, name, arguments: args, digest = "" } of state?.run.interrupts ?? []) {
    console.log(`  the clerk is shown: ${question}`);
    console.log(`  which is a call of ${name} ${JSON.stringify(args)}`);
    // "Yes, but 150." What a person changes is validated, as is what a model writes. The digest says which call was
    // shown: send it along, and nobody approves what they have not seen.
    const changed = { ...refund.parse(args), euros: 150 };
    const { text } = await agent.resume(threadId, {
      [interruptId]: { approved: true, arguments: changed, digest },
    });
    console.log(`  after the clerk's yes: ${text}`);
  }
}
const [role, file = "", thread = ""] = process.argv.slice(2);
if (role === "clerk") {
  await answerAsClerk(file, thread);
  process.exit();
}

const directory = await mkdtemp(join(tmpdir(), "locus-human-"));
const path = join(directory, "threads.db");
await using checkpointer = new SqliteCheckpointer({ path });
await using agent = agentOn(checkpointer);

// ── 1. A question ────────────────────────────────────────────────────────────────────────────────────────────────

console.log("1. a tool asks");
const asked = await agent.run("Please book a hotel in Oslo.", { threadId: "trip" });
console.log(`  stopped: ${asked.stopReason}`);
for (const { interruptId, question, options } of asked.interrupts) {
  console.log(`  ${question} ${options?.join(" or ")}?`);
  const { toolExecutions } = await agent.resume("trip", { [interruptId]: "Harbour" });
  console.log(`  the tool's result: ${JSON.stringify(toolExecutions[0]?.result)}`);
}

// ── 2. An approval, from elsewhere ───────────────────────────────────────────────────────────────────────────────

console.log("2. another process approves");
await agent.run("Please refund the customer Ada 500 euros.", { threadId: "refund" });
// Had this process ended here, nothing would be lost. The clerk needs the file and the id.
const clerk = promisify(execFile)(process.execPath, [import.meta.filename, "clerk", path, "refund"]);
process.stdout.write((await clerk).stdout);

// ── 3. Several at once ───────────────────────────────────────────────────────────────────────────────────────────

// Calls that need nobody are done first; then all questions are there at once. Answer them in any order, all or one by
// one: as long as one is open, the run ends `interrupted` again, and the model is not asked.
console.log("3. two questions of one run");
let going: AgentResult = await agent.run(
  "Please book a hotel in Lima and refund the customer Bob 300 euros.",
  {
    threadId: "both",
  },
);
while (going.interrupt !== undefined) {
  console.log(`  open: ${going.interrupts.map(({ question }) => question).join(" | ")}`);
  const { interruptId, kind } = going.interrupt;
  const answer = kind === "approval" ? { approved: false, reason: "The order was delivered." } : "Station";
  going = await agent.resume("both", { [interruptId]: answer });
}
// A no is a result as well: the model reads the reason, and may do something else.
for (const { name, source, result, error } of going.toolExecutions) {
  console.log(`  ${name}, ${source}: ${error?.message ?? JSON.stringify(result)}`);
}

// ── 4. What a yes covers ─────────────────────────────────────────────────────────────────────────────────────────

// A yes is for the call that was shown. Here the answer comes from a page that is out of date.
console.log("4. a yes to something else");
const held = await agent.run("Please refund the customer Carol 900 euros.", { threadId: "held" });
const { interruptId = "" } = held.interrupt ?? {};
try {
  await agent.resume("held", { [interruptId]: { approved: true, digest: "0".repeat(64) } });
} catch (error) {
  if (!(error instanceof InterruptError)) throw error;
  console.log(`  ${error.message.replace(interruptId, "…")}`);
}
// And here the program has changed since: a hook halves what is paid back. That is not what the person said yes to, so
// they are asked again, and see what would happen now.
const halves: Hook = {
  name: "half",
  beforeToolCall: ({ call }) => {
    const { customer, euros } = refund.parse(call.arguments);
    return euros > 500 ? { arguments: { customer, euros: euros / 2 } } : undefined;
  },
};
await using changed = agentOn(checkpointer, { hooks: [halves] });
const again = await changed.resume("held", { [interruptId]: { approved: true } });
console.log(`  asked again: ${again.interrupt?.question}`);

// ── 5. A hook asks ───────────────────────────────────────────────────────────────────────────────────────────────

// Rules that go across tools belong into a hook: this one wants a word on whatever happens at night.
console.log("5. a hook asks");
const night: Hook = {
  name: "night",
  beforeToolCall: ({ call }) => ({ ask: `It is late. Shall ${call.name} really be called?` }),
};
await using careful = agentOn(checkpointer, { hooks: [night] });
const small = await careful.run("Please refund the customer Dan 5 euros.", { threadId: "night" });
console.log(`  ${small.interrupt?.question}`);
const done = await careful.resume("night", { [small.interrupt?.interruptId ?? ""]: { approved: true } });
console.log(`  after yes: ${done.toolExecutions[0]?.source}`);

// ── 6. The agent asks ────────────────────────────────────────────────────────────────────────────────────────────

// In explicit mode a run ends by `task_complete`, and the model has a tool to ask the user what it needs to know.
console.log("6. the agent asks by itself");
await using explicit = new Agent({ model, checkpointer, completionMode: "explicit" });
const unsure = await explicit.run('Use ask_user with the question "Which colour do you like?"', {
  threadId: "colour",
});
console.log(`  ${unsure.stopReason}: ${unsure.interrupt?.question}`);
const answers = { [unsure.interrupt?.interruptId ?? ""]: "Blue." };
console.log(`  after the answer: ${(await explicit.resume("colour", answers)).stopReason}`);

await rm(directory, { recursive: true });
