/** What stores must stand that several processes share: writers killed at any moment, agents that meet on one thread. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { Agent, type Checkpointer } from "@locus-sdk/core";
import { ScriptedModel } from "@locus-sdk/core/testing";
import { expect, it } from "vitest";

/** A store that processes share. */
export interface SharedStore {
  /** Another checkpointer over the storage, in this process; the test closes it. */
  readonly open: () => Checkpointer;
  /** The same as code for a process of its own: the module with the class, its name and its options. */
  readonly module: URL;
  readonly className: string;
  readonly options: () => object;
}

const ROUNDS = 6;
const WRITERS = ["a", "b", "c"];
const TIMEOUT_MS = 120_000;

/** Declares a test: children append as fast as they can until each is killed. */
export function itSurvivesKills(store: SharedStore): void {
  it("keeps every acknowledged event, once, when its writers are killed at any moment", {
    timeout: TIMEOUT_MS,
  }, async () => {
    await using reader = disposable(store.open());
    const acknowledged = new Map<number, string>();
    for (let round = 0; round < ROUNDS; round += 1) {
      await Promise.all(
        WRITERS.map(async (name) => {
          const writer = new Child(store, WRITER, `${name}${round}`);
          const after = 1 + Math.floor(Math.random() * 25);
          let lines = 0;
          for await (const line of writer.lines()) {
            const [sequence = "", by = ""] = line.split(" ");
            expect(acknowledged.get(Number(sequence)), `${sequence} was acknowledged twice`).toBeUndefined();
            acknowledged.set(Number(sequence), by);
            lines += 1;
            if (lines === after) writer.kill();
          }
          expect(await writer.exit, writer.errors).toBe("SIGKILL");
        }),
      );
      let version = 0;
      for await (const { sequence, runId } of reader.store.events("killed")) {
        version += 1;
        expect(sequence).toBe(version);
        // Events that nobody acknowledged may be there; whoever wrote them died before saying so.
        expect(acknowledged.get(sequence) ?? runId, `${sequence}`).toBe(runId);
        acknowledged.set(sequence, runId);
      }
      expect(Math.max(...acknowledged.keys())).toBe(version);
    }
    expect(acknowledged.size).toBeGreaterThan(ROUNDS * WRITERS.length);
  });
}

/** Declares a test: two agents in two processes begin a run on one thread, and the one that may is killed. */
export function itSharesThreads(store: SharedStore): void {
  it("lets one of two processes run a thread, and another go on with it once that one is dead", {
    timeout: TIMEOUT_MS,
  }, async () => {
    const children = [new Child(store, RUNNER, "first"), new Child(store, RUNNER, "second")];
    try {
      const said = await Promise.all(children.map(async (child) => (await child.lines().next()).value));
      expect(new Set(said)).toEqual(new Set(["ThreadBusyError", "run_start"]));
      await using mine = disposable(store.open());
      const agent = new Agent({ model: new ScriptedModel(["I go on."]), checkpointer: mine.store });
      await expect(agent.run("Me too.", { threadId: "shared" })).rejects.toMatchObject({
        code: "thread_busy",
      });
      for (const child of children) child.kill();
      await Promise.all(children.map(async (child) => await child.exit));
      // Waits until the dead one's lease is over.
      const result = await agent.resume("shared");
      expect(result.text).toBe("I go on.");
      const types: string[] = [];
      for await (const { type } of mine.store.events("shared")) types.push(type);
      expect(types).toEqual(["run_start", "model_complete", "terminate"]);
    } finally {
      for (const child of children) child.kill();
    }
  });
}

/** Says of each event, once it is acknowledged, what it wrote. */
const WRITER = `
const versionNow = async () => {
  let version = 0;
  for await (const thread of store.list({ prefix: "killed" })) version = thread.version;
  return version;
};
let version = await versionNow();
for (let batch = 0; ; batch += 1) {
  const events = Array.from({ length: 1 + (batch % 3) }, (_, index) => ({
    type: "message_added", runId: name, threadId: "killed", sequence: version + index + 1,
    timestamp: new Date().toISOString(), origin: "writer",
    message: { role: "user", content: name + " " + batch + "." + index + "x".repeat((batch % 7) * 3000) },
  }));
  try {
    await store.append("killed", version, events);
    for (const { sequence } of events) writeSync(1, sequence + " " + name + "\\n");
    version += events.length;
  } catch (error) {
    if (error.code !== "checkpoint_conflict") throw error;
    version = await versionNow();
  }
}`;

/** Begins a run that its model never ends. */
const RUNNER = `
const { Agent } = await import("@locus-sdk/core");
const { ScriptedModel } = await import("@locus-sdk/core/testing");
const model = new ScriptedModel([{ text: "Never said.", delayMs: 600_000 }]);
const agent = new Agent({ model, checkpointer: store });
try {
  for await (const { type } of agent.stream("Hello.", { threadId: "shared" })) {
    if (type === "run_start") writeSync(1, type + "\\n");
  }
} catch (error) {
  writeSync(1, error.name + "\\n");
  setInterval(() => undefined, 600_000);
}`;

/** A process with the store open in it. */
class Child {
  errors = "";
  /** The signal that ended it. */
  readonly exit: Promise<string | null>;
  readonly kill: () => void;
  readonly lines: () => AsyncIterableIterator<string>;

  constructor(store: SharedStore, code: string, name: string) {
    const script = `
import { writeSync } from "node:fs";
import { ${store.className} as Store } from ${JSON.stringify(store.module.href)};
const name = ${JSON.stringify(name)};
const store = new Store(${JSON.stringify(store.options())});
${code}`;
    const { VITEST: _, ...env } = process.env;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      // Where the packages that the code imports are found.
      cwd: import.meta.dirname,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stderr.on("data", (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
    this.exit = new Promise((done) => {
      child.once("exit", (_code, signal) => done(signal));
    });
    this.kill = () => void child.kill("SIGKILL");
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    this.lines = () => lines;
  }
}

function disposable(store: Checkpointer): AsyncDisposable & { readonly store: Checkpointer } {
  return { store, [Symbol.asyncDispose]: async () => await store.close?.() };
}
