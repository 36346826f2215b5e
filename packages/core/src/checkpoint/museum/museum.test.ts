/** Threads as they were stored once keep loading to the very states they had; damaged ones keep being refused. */
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { Agent } from "../../agent/agent.ts";
import { loadThread } from "../../agent/thread.ts";
import { CheckpointError, SchemaVersionError } from "../../errors/errors.ts";
import type { JsonValue } from "../../json/json.ts";
import { emptyState, fold } from "../../state/reduce.ts";
import { collect, threadIdsOf } from "../../testing/checkpointer-events.ts";
import { ScriptedModel } from "../../testing/scripted-model.ts";
import { tool } from "../../tool/tool.ts";
import { FileCheckpointer } from "../file/file.ts";
import { restoreSnapshot } from "../snapshot.ts";

const MUSEUM = fileURLToPath(new URL(".", import.meta.url));
const THREADS: Readonly<Record<string, string>> = {
  tools: "tools",
  approval: "user:42/Approval",
  "several-runs": "several runs \u2014 caf\u00e9",
  died: "died",
  fork: `fork ${"of a very long name ".repeat(20)}`,
};

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "locus-museum-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** A copy: the exhibits themselves are not touched. */
async function exhibit(name: string): Promise<FileCheckpointer> {
  await cp(join(MUSEUM, name), directory, { recursive: true });
  return new FileCheckpointer({ directory, fsync: false });
}

const chainSchema = z.object({
  records: z.array(z.unknown()),
  state: z.looseObject({ threadId: z.string() }),
});

describe("snapshots of schema version 1", () => {
  it.each(["messages", "tools"])("in links with what is new of %s tell the state they had", async (name) => {
    const stored = await readFile(join(MUSEUM, `schema-1/snapshots/${name}.json`), "utf8");
    const { records, state } = chainSchema.parse(JSON.parse(stored));
    expect(records.length).toBeGreaterThan(2);
    expect(plain(restoreSnapshot(state.threadId, records))).toEqual(state);
  });
});

describe("threads of schema version 1", () => {
  for (const [name, threadId] of Object.entries(THREADS)) {
    it(`load to the state they had: ${name}`, async () => {
      const store = await exhibit("schema-1/threads");
      const recorded: unknown = JSON.parse(
        await readFile(join(MUSEUM, `schema-1/states/${name}.json`), "utf8"),
      );
      const thread = await store.read(threadId);
      expect(thread?.schemaVersion).toBe(1);
      expect(plain(fold(emptyState(threadId), thread?.events ?? []))).toEqual(recorded);
      expect(plain(fold(emptyState(threadId), await collect(store.events(threadId))))).toEqual(recorded);
      expect((await loadThread(store, threadId)).state.version).toBe(thread?.version);
    });
  }

  it("are listed with what they say of themselves", async () => {
    const store = await exhibit("schema-1/threads");
    expect(await threadIdsOf(store)).toEqual(Object.values(THREADS).toSorted());
    expect(await threadIdsOf(store, { metadata: { tenant: "acme" } })).toEqual([
      "died",
      "tools",
      "user:42/Approval",
    ]);
    expect(await collect(store.list({ prefix: "tools" }))).toMatchObject([
      { version: 11, schemaVersion: 1, agent: "forecaster", metadata: { user: { id: 42 } } },
    ]);
  });

  it("are gone on with, and keep their past", async () => {
    const checkpointer = await exhibit("schema-1/threads");
    const before = await collect(checkpointer.events("tools"));
    const agent = new Agent({ model: new ScriptedModel(["And a coat."]), checkpointer });
    expect((await agent.run("Anything else?", { threadId: "tools" })).text).toBe("And a coat.");
    const after = await collect(new FileCheckpointer({ directory }).events("tools"));
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after.length).toBeGreaterThan(before.length);
  });

  it("take the answers to the questions they stopped at", async () => {
    const checkpointer = await exhibit("schema-1/threads");
    const sent: unknown[] = [];
    const transfer = tool({
      name: "transfer",
      description: "Transfers money.",
      parameters: z.object({ amount: z.number(), to: z.string() }),
      needsApproval: true,
      execute: (args) => {
        sent.push(args);
        return "sent";
      },
    });
    const agent = new Agent({ model: new ScriptedModel(["All done."]), tools: [transfer], checkpointer });
    const open = (await agent.state("user:42/Approval"))?.run.interrupts ?? [];
    expect(open.map(({ kind, question }) => [kind, question])).toEqual([
      ["approval", expect.any(String)],
      ["question", "Which colour?"],
    ]);
    const answers = open.map(({ interruptId, kind }): [string, JsonValue] => [
      interruptId,
      kind === "approval" ? { approved: true } : "blue",
    ]);
    const done = await agent.resume("user:42/Approval", Object.fromEntries(answers));
    expect(done).toMatchObject({ stopReason: "complete", text: "All done." });
    expect(sent).toEqual([{ amount: 40, to: "Ada" }]);
  });
});

describe("damaged threads", () => {
  const damages: Readonly<Record<string, RegExp>> = {
    "torn-in-the-middle": /line 4 is damaged/,
    "line-lost": /line 4 is damaged: events 3 to 4 are missing/,
    "changed-byte": /line 5 is damaged: it is not JSON/,
    "changed-sequence": /line 5 is damaged: it holds event 9\d in the place of \d/,
    "unknown-event": /line \d/,
  };
  for (const [name, message] of Object.entries(damages)) {
    it(`are refused, and left as they are: ${name}`, async () => {
      const store = await exhibit(`broken/${name}`);
      const before = await readFile(join(directory, "t-tools.jsonl"), "utf8");
      for (const attempt of [() => store.read("tools"), () => collect(store.events("tools"))]) {
        const error = await attempt().catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(CheckpointError);
        expect(error).toMatchObject({ message: expect.stringMatching(message) });
      }
      expect(await readFile(join(directory, "t-tools.jsonl"), "utf8")).toBe(before);
    });
  }

  it("are refused where a newer Locus wrote them, and listed all the same", async () => {
    const store = await exhibit("broken/newer-schema");
    await expect(store.read("tools")).rejects.toBeInstanceOf(SchemaVersionError);
    await expect(store.append("tools", 11, [])).rejects.toBeInstanceOf(SchemaVersionError);
    expect(await collect(store.list())).toMatchObject([{ threadId: "tools", schemaVersion: 2 }]);
  });
});

/** Without what JSON does not say. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
