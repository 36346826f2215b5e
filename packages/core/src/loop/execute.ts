/** Execute: runs the calls of the model's last message, several at a time, and puts each outcome on record. */
import { within } from "../async/abort.ts";
import type { ToolOutcome } from "../tool/types.ts";
import { Plan, Settled } from "./batch.ts";
import type { RunContext } from "./context.ts";
import { prepareCall } from "./prepare-call.ts";
import { runnableCalls } from "./route.ts";
import { unlessStopped } from "./run-control.ts";
import { runTool, type ToolRun } from "./run-tool.ts";
import type { ReadyCall } from "./tool-context.ts";
import { ask, complete, toolStart } from "./tool-events.ts";

export async function execute(run: RunContext): Promise<void> {
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
      settled.put(call.id, await ask(run, "approval", call, prepared));
    } else settled.put(call.id, await complete(run, call, prepared.json, prepared.outcome));
  }

  while (run.control.stop === undefined) {
    const due = settled.takeDue();
    if (due.length > 0) {
      await run.commit(due);
      continue;
    }
    const starting = plan.take(slots - running.size);
    if (starting.length > 0) {
      // What a body has come to is on record before another has an effect.
      if (settled.holding) await run.commit(settled.takeAll());
      if (run.control.stop !== undefined) break;
      await run.commit(starting.map(toolStart));
      if (run.control.stop !== undefined) break;
      for (const ready of starting)
        running.set(
          ready,
          runTool(run, ready).then((ran) => ({ ready, ran })),
        );
    }
    if (running.size === 0) return;
    const next = await unlessStopped(run.control, nextOf([...running.values()], settled.holding));
    if (next === "late") {
      await run.commit(settled.takeAll());
      continue;
    }
    if (next === undefined) break;
    running.delete(next.ready);
    await settle(run, next.ready, next.ran, settled, plan);
  }
  // Stopped: what has an outcome keeps it, the rest is answered by terminate.
  const rest = settled.takeAll();
  if (rest.length > 0) await run.commit(rest);
}

/** So long an outcome waits for those of earlier calls: a process that dies takes with it what is not on record. */
const HELD_MS = 200;

/** The next body to end, or `"late"` where an outcome has waited for it long enough. */
function nextOf<Ended>(running: readonly Promise<Ended>[], holding: boolean): Promise<Ended | "late"> {
  const [only, ...others] = running;
  const next = only === undefined || others.length > 0 ? Promise.race(running) : only;
  return holding ? within(HELD_MS, next).then((ended) => ended ?? "late") : next;
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
    const question = { question: ran.question, json: ready.json };
    settled.put(call.id, await ask(run, "question", call, question), true);
    plan.readd(twins);
    return;
  }
  settled.put(call.id, await complete(run, call, ready.json, ran.outcome), true);
  if (ran.fatal !== undefined) run.control.end({ reason: "error", error: ran.fatal });
  if (ran.outcome.error !== undefined) {
    plan.readd(twins);
    return;
  }
  const shared: ToolOutcome = { ...ran.outcome, source: "cached", durationMs: 0 };
  for (const twin of twins) {
    settled.put(twin.pending.call.id, await complete(run, twin.pending.call, twin.json, shared));
  }
}
