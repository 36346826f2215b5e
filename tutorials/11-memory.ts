/*
 * 11. Memory: what outlives a conversation
 *
 * A thread is one conversation. Memory is what an agent knows of somebody in all of them: notes in a store, found again
 * by their words or their meaning, shown to later runs as what they are, quotations.
 *
 *   pnpm tutorial 11
 *
 * Expect: a note that a model keeps with a tool; a new conversation that is shown it; notes taken after a run, and
 * corrected after a later one; a stranger who sees nothing of it; and the store itself, read and cleared.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, memory, memoryTools, messageText } from "locus-sdk";
import { SqliteMemoryStore } from "locus-sdk/checkpointers/sqlite";
import { ScriptedModel } from "locus-sdk/testing";
import { z } from "zod";

const model = process.env.LOCUS_MODEL || "oci:openai.gpt-oss-120b";
const directory = await mkdtemp(join(tmpdir(), "locus-memory-"));
// A file, which may be that of your threads as well. `InMemoryStore` is for tests, PostgreSQL for many machines.
await using store = new SqliteMemoryStore({ path: join(directory, "locus.db") });

// Whose memory it is, is decided by the run's metadata and never by the model.
const ada = { metadata: { userId: "ada" } };

// ── 1. A model that keeps notes ──────────────────────────────────────────────────────────────────────────────────

// Three tools, `remember`, `recall` and `forget`, and the model decides when to use them.
console.log("1. notes by tools");
await using writing = new Agent({ model, tools: memoryTools({ store }) });
const { toolExecutions } = await writing.run("Remember that my favourite city is Oslo.", ada);
for (const { name, result } of toolExecutions)
  console.log(`  ${name}: ${z.looseObject({ status: z.string() }).parse(result).status}`);

// ── 2. Shown before a run ────────────────────────────────────────────────────────────────────────────────────────

// `memory()` is a plugin: before a run it looks for notes that fit the input, and puts them before the user's message.
// This is another agent on a new thread; what it has in common with the one above is the store and the user.
console.log("2. a new conversation");
await using reading = new Agent({ model, plugins: [memory({ store, extract: false })] });
const known = await reading.run("What is my favourite city?", ada);
console.log(`  ${known.text}`);
const [notes] = known.messages;
// Quoted, dated, one a line, and said to be no instruction: whoever wrote a note must not be obeyed for it.
console.log(
  `  it was shown: ${
    notes === undefined
      ? ""
      : messageText(notes)
          .split("\n")[1]
          ?.replace(/fact_\w+/, "fact_…")
  }`,
);

// ── 3. Learned after a run ───────────────────────────────────────────────────────────────────────────────────────

// When a run is over, a model takes notes of what the user said: by default the agent's `auxiliaryModel`. The result does
// not wait for that. The emulator takes no notes worth reading, so here is a note-taker of our own: it is shown the
// conversation and what is known already, and answers with facts.
console.log("3. learned by listening");
const shown = z.object({
  conversation: z.array(z.object({ role: z.string(), text: z.string() })),
  knownNotes: z.array(z.object({ id: z.string(), note: z.string() })),
});
const noteTaker = new ScriptedModel(
  [
    ({ messages }) => {
      const { conversation, knownNotes } = shown.parse(
        JSON.parse(messageText(messages.at(-1) ?? { role: "user", content: "{}" })),
      );
      const said = conversation.findLast(({ role }) => role === "user")?.text ?? "";
      const fact = /\bmy home town is [^.]+\./.exec(said)?.[0];
      const older = knownNotes.find(({ note }) => note.includes("home town"));
      const facts =
        fact === undefined
          ? []
          : [{ text: `In the user's words: ${fact}`, replaces: older?.id ?? null, standing: true }];
      return { text: JSON.stringify({ facts, forget: [] }) };
    },
  ],
  { repeat: true },
);
const listening = memory({
  store,
  model: noteTaker,
  onReport: ({ learned, updated }) => {
    if (learned.length > 0) console.log(`  learned: ${learned.length} note`);
    if (updated.length > 0) console.log(`  corrected: ${updated.length} note`);
  },
});
await using attentive = new Agent({ model, plugins: [listening] });
await attentive.run("Hello! By the way, my home town is Bergen.", ada);
// Waits until every run that is over was learned from; `agent.close()` does so too.
await listening.flush();
await attentive.run("I have moved: my home town is Tromsø.", ada);
await listening.flush();
console.log(`  ${(await attentive.run("What is my home town?", ada)).text}`);

// ── 4. Whose it is ───────────────────────────────────────────────────────────────────────────────────────────────

// Each user has a namespace, and none can be spelled so that it reaches into another's. Without a user there is no memory.
console.log("4. somebody else asks");
const bob = await attentive.run("What is my home town?", { metadata: { userId: "bob" } });
console.log(`  ${bob.text}`);

// ── 5. The store itself ──────────────────────────────────────────────────────────────────────────────────────────

// Items under a namespace and a key: put, got, listed, searched and deleted like anything else. "Show me what you know
// about me" and "delete it" are a loop each.
console.log("5. what is kept of Ada");
await listening.flush();
for await (const { key, value } of store.list(["users", "ada"])) {
  console.log(`  ${z.object({ text: z.string() }).parse(value).text}`);
  await store.delete(["users", "ada"], key);
}
let left = 0;
for await (const _ of store.list(["users", "ada"])) left += 1;
console.log(`  left: ${left}`);

await rm(directory, { recursive: true });
