/** An order as a five-tool agent fulfils it. Its model goes by the conversation alone, so a fresh process goes on as the dead one would have. */
import { DatabaseSync } from "node:sqlite";
import { Agent, type Checkpointer, type Message, messageText, tool, toolCallsOf } from "@locus-sdk/core";
import { ScriptedModel, type ScriptedTurn } from "@locus-sdk/core/testing";
import { z } from "zod";

/** What the tools did to the world: rows in a database that the threads' store knows nothing of. */
export interface World extends Disposable {
  /** Notes an effect, however often it was noted before. */
  note(order: string, what: string, key: string): void;
  /** Notes it unless the key was seen: a service that takes idempotency keys. */
  noteOnce(order: string, what: string, key: string): void;
  count(order: string, what: string): number;
}

export function openWorld(path: string): World {
  const database = new DatabaseSync(path, { timeout: 20_000 });
  database.exec(
    "PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS effects (orderId TEXT, what TEXT, key TEXT, at INTEGER)",
  );
  const insert = database.prepare("INSERT INTO effects VALUES (?, ?, ?, ?)");
  const insertOnce = database.prepare(
    "INSERT INTO effects SELECT ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM effects WHERE key = ?)",
  );
  const counted = database.prepare("SELECT count(*) AS n FROM effects WHERE orderId = ? AND what = ?");
  return {
    note: (order, what, key) => void insert.run(order, what, key, Date.now()),
    noteOnce: (order, what, key) => void insertOnce.run(order, what, key, Date.now(), key),
    count: (order, what) => Number(counted.get(order, what)?.n),
    [Symbol.dispose]: () => database.close(),
  };
}

const order = z.object({ order: z.string() });

/** The agent; each order is a thread. */
export function orderAgent(checkpointer: Checkpointer, world: World): Agent {
  return new Agent({
    model: new ScriptedModel([({ messages }) => nextTurn(messages)], { repeat: true }),
    checkpointer,
    // A process that died before its first write has left nothing but its lease.
    onBusy: "queue",
    maxIterations: 40,
    toolLoopThreshold: 40,
    tools: [
      // At most once, and looked up where nobody knows.
      tool({
        name: "charge",
        description: "Charges the card.",
        parameters: order,
        idempotent: true,
        execute: async ({ order: id }, { idempotencyKey }) => {
          await tick();
          world.note(id, "charge", idempotencyKey);
          await tick();
          return "charged";
        },
      }),
      tool({
        name: "charges",
        description: "How often the card was charged.",
        parameters: order,
        execute: ({ order: id }) => world.count(id, "charge"),
      }),
      // Services that take a key: run again under the same one.
      ...(["reserve", "ship"] as const).map((what) =>
        tool({
          name: what,
          description: `To ${what}.`,
          parameters: order,
          idempotent: true,
          onUnknownOutcome: "retry",
          execute: async ({ order: id }, { idempotencyKey }) => {
            await tick();
            world.noteOnce(id, what, idempotencyKey);
            await tick();
            return `${what} done`;
          },
        }),
      ),
      // Promises nothing: at least once.
      tool({
        name: "notify",
        description: "Writes to the customer.",
        parameters: order,
        execute: async ({ order: id }, { callId }) => {
          world.note(id, "notify", callId);
          await tick();
          return "written";
        },
      }),
    ],
  });
}

export const answerFor = (id: string): string =>
  `Order ${id}: reserved, charged once, shipped, customer told.`;

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Reserve and charge together, then ship, then notify, then the answer. */
function nextTurn(messages: readonly Message[]): ScriptedTurn {
  const asked = messages.find((message) => message.role === "user");
  const id = asked === undefined ? "" : messageText(asked);
  const call = (...names: readonly string[]): ScriptedTurn => ({
    content: names.map((name, index) => ({
      type: "tool_call",
      id: `${name}-${messages.length}-${index}`,
      name,
      arguments: JSON.stringify({ order: id }),
    })),
  });
  const results = (name: string): readonly string[] =>
    messages.flatMap((message) =>
      message.role === "tool" && message.name === name ? [messageText(message)] : [],
    );
  if (!messages.some((message) => toolCallsOf(message).length > 0)) return call("reserve", "charge");
  if (!results("charge").includes("charged")) {
    const last = messages.at(-1);
    const looked = last?.role === "tool" && last.name === "charges" ? messageText(last) : undefined;
    if (looked === undefined) return call("charges");
    if (looked === "0") return call("charge");
  }
  if (!results("ship").includes("ship done")) return call("ship");
  if (!results("notify").includes("written")) return call("notify");
  return { text: answerFor(id) };
}
