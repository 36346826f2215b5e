/** A judge that is asked within a run: by the run's budgets, and on its account. */
import type { CheckContext } from "../loop/checks.ts";
import { spentIn } from "../loop/spent.ts";
import type { ChatModel } from "../model/types.ts";
import { addUsage, NO_USAGE } from "../state/usage.ts";
import { type CountedModel, counted } from "./counted.ts";

/**
 * What `ask` comes to, whose model answers within the budgets of a run: once one of them is spent, no further call is made and
 * the run ends by it. What was paid for before a run ended is the run's, although nothing came of it.
 */
export async function askedInRun<T>(
  model: ChatModel,
  { state, definition, control }: CheckContext,
  ask: (counting: CountedModel) => Promise<T>,
): Promise<T> {
  const { signal } = control;
  const counting = counted(model, definition.prices, (used) => {
    const run = { ...state.run, usage: addUsage(state.run.usage, used) };
    const spent = spentIn({ ...state, run }, definition, Date.now());
    if (spent !== undefined) control.end(spent);
    signal.throwIfAborted();
  });
  const onEnd = (): void => {
    const used = counting.usage();
    if (used !== NO_USAGE) control.lose(used);
  };
  signal.addEventListener("abort", onEnd, { once: true });
  try {
    return await ask(counting);
  } finally {
    signal.removeEventListener("abort", onEnd);
  }
}
