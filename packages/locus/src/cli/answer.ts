/** One question to an agent, shown while it is answered. */
import { type Agent, type AgentResult, LocusError, type RunOptions } from "@locus-sdk/core";
import type { RunView } from "./view.ts";

/** @throws LocusError as `agent.run()` does, after the view was told how far the run got. */
export async function answer(
  agent: Agent,
  prompt: string,
  options: RunOptions,
  view: RunView,
): Promise<AgentResult> {
  const stream = agent.stream(prompt, options);
  try {
    for await (const event of stream) view.event(event);
  } catch (error) {
    if (error instanceof LocusError && error.result !== undefined) view.end(error.result);
    throw error;
  }
  const result = await stream.result;
  view.end(result);
  return result;
}
