/** Execute: runs the calls of the model's last message, several at a time, and puts each outcome on record. */
import { randomUUID } from "node:crypto";
import { abortable } from "../async/abort.ts";
import type { DurableDraft } from "../events/types.ts";
import type { JsonValue } from "../json/json.ts";
import type { ToolCallPart } from "../messages/types.ts";
import type { Question } from "../tool/interrupt.ts";
import type { ToolOutcome } from "../tool/types.ts";
import type { Batch, RunContext } from "./context.ts";
import { prepareCall } from "./prepare-call.ts";
import { runnableCalls } from "./route.ts";
import { runTool, type ToolRun } from "./run-tool.ts";
import type { ReadyCall } from "./tool-context.ts";

export async function* execute(run: RunContext): AsyncGenerator<Batch> {
  const { toolExecution, maxConcurrency, toolEventOrder } = run.definition;
  const slots = toolExecution === "sequential" ? 1 : maxConcurrency;
  const calls = runnableCalls(run.state);
  const settled = new Settled(
    calls.map(({ call }) => call.id),
    toolEventOrder,
  );
  const plan = new Plan();
  const running = new Map<ReadyCall, Promise<{ readonly ready: ReadyCall; readonly ran: ToolRun }>>();

  for (const pending of calls) {
    const prepared = await prepareCall(run, pending);
    if (prepared.kind === "stopped") break;
    const { call } = pending;
    if (prepared.kind === "ready") plan.add(prepared.ready);
    else if (prepared.kind === "approval") {
      settled.put(call.id, [interrupt("approval", call, prepared.question, prepared.json)]);
    } else settled.put(call.id, [await complete(run, call, prepared.json, prepared.outcome)]);
  }

  while (run.control.stop === undefined) {
    const starting = plan.take(slots - running.size);
    if (starting.length > 0) {
      yield starting.map(toolStart);
      if (run.control.stop !== undefined) break;
      for (const ready of starting)
        running.set(
          ready,
          runTool(run, ready).then((ran) => ({ ready, ran })),
        );
    }
    const due = settled.takeDue();
    if (due.length > 0) {
      yield due;
      continue;
    }
    if (running.size === 0) return;
    const next = await abortable(Promise.race(running.values()), run.control.signal).catch(() => undefined);
    if (next === undefined) break;
    running.delete(next.ready);
    await settle(run, next.ready, next.ran, settled, plan);
  }
  // Stopped: what has an outcome keeps it, the rest is answered by terminate.
  const rest = settled.takeAll();
  if (rest.length > 0) yield rest;
}

async function settle(
  run: RunContext,
  ready: ReadyCall,
  ran: ToolRun,
  settled: Settled,
  plan: Plan,
): Promise<void> {
  const { call } = ready.pending;
  const twins = plan.release(ready);
  if ("question" in ran) {
    settled.put(call.id, [interrupt("question", call, ran.question, ready.json)]);
    plan.readd(twins);
    return;
  }
  settled.put(call.id, [await complete(run, call, ready.json, ran.outcome)]);
  if (ran.outcome.error !== undefined) {
    plan.readd(twins);
    return;
  }
  const shared: ToolOutcome = { ...ran.outcome, source: "cached", durationMs: 0 };
  for (const twin of twins) {
    settled.put(twin.pending.call.id, [
      toolStart(twin),
      await complete(run, twin.pending.call, twin.json, shared),
    ]);
  }
}

/** The calls still to start. Of equal idempotent calls one leads, and its twins wait for what comes of it. */
class Plan {
  #queue: ReadyCall[] = [];
  readonly #leaders = new Set<string>();
  #twins: ReadyCall[] = [];

  add(ready: ReadyCall): void {
    if (ready.tool.idempotent === undefined) this.#queue.push(ready);
    else if (this.#leaders.has(ready.key)) this.#twins.push(ready);
    else {
      this.#leaders.add(ready.key);
      this.#queue.push(ready);
    }
  }

  readd(twins: readonly ReadyCall[]): void {
    for (const twin of twins) this.add(twin);
  }

  take(count: number): readonly ReadyCall[] {
    return this.#queue.splice(0, Math.max(0, count));
  }

  /** The twins of a leader that has ended. */
  release(leader: ReadyCall): readonly ReadyCall[] {
    if (!this.#leaders.delete(leader.key)) return [];
    const [twins, others] = [
      this.#twins.filter((twin) => twin.key === leader.key),
      this.#twins.filter((twin) => twin.key !== leader.key),
    ];
    this.#twins = others;
    return twins;
  }
}

/** Outcomes on their way to the record, in the order of the calls or of their completion. */
class Settled {
  readonly #byId = new Map<string, Batch>();
  readonly #order: string[];
  readonly #by: "call" | "completion";

  constructor(order: readonly string[], by: "call" | "completion") {
    this.#order = [...order];
    this.#by = by;
  }

  put(callId: string, drafts: Batch): void {
    this.#byId.set(callId, drafts);
  }

  takeDue(): Batch {
    if (this.#by === "completion") return this.takeAll();
    const due: DurableDraft[] = [];
    for (let next = this.#order[0]; next !== undefined; next = this.#order[0]) {
      const drafts = this.#byId.get(next);
      if (drafts === undefined) break;
      due.push(...drafts);
      this.#byId.delete(next);
      this.#order.shift();
    }
    return due;
  }

  takeAll(): Batch {
    const all = [...this.#byId.values()].flat();
    this.#byId.clear();
    return all;
  }
}

function toolStart({ pending, tool, json, key }: ReadyCall): DurableDraft {
  return {
    type: "tool_start",
    callId: pending.call.id,
    name: tool.name,
    arguments: json,
    idempotencyKey: key,
    ...(tool.idempotent === undefined ? {} : { idempotent: tool.idempotent }),
  };
}

/** The event of an outcome, after the hooks have seen it. */
async function complete(
  run: RunContext,
  call: ToolCallPart,
  json: JsonValue,
  outcome: ToolOutcome,
): Promise<DurableDraft> {
  const { result, error, source, durationMs } = outcome;
  const seen = await run.definition.hooks.afterToolCall({
    call: { id: call.id, name: call.name, arguments: json },
    ...(result === undefined ? {} : { result }),
    ...(error === undefined ? {} : { error }),
    source,
    durationMs,
    state: run.state,
  });
  if (seen.end !== undefined) run.control.endByHook(seen.end);
  const shown: ToolOutcome =
    seen.withheld !== undefined
      ? {
          error: { code: "withheld", message: `the result is withheld: the guard ${seen.withheld} failed` },
          source,
          durationMs,
        }
      : seen.result !== undefined
        ? { result: seen.result, source, durationMs }
        : outcome;
  return {
    type: "tool_complete",
    callId: call.id,
    name: call.name,
    ...(shown.result === undefined ? {} : { result: shown.result }),
    ...(shown.content === undefined ? {} : { content: shown.content }),
    ...(shown.error === undefined ? {} : { error: shown.error }),
    isError: shown.error !== undefined,
    durationMs,
    cached: source === "cached",
    source,
  };
}

function interrupt(
  kind: "question" | "approval",
  call: ToolCallPart,
  { question, options }: Question,
  args: JsonValue,
): DurableDraft {
  return {
    type: "interrupt",
    interruptId: `int_${randomUUID()}`,
    callId: call.id,
    kind,
    question,
    ...(options === undefined ? {} : { options }),
    name: call.name,
    arguments: args,
  };
}
