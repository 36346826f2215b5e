/** One run of an agent, shown while it goes on. */
import { type AgentResult, type AgentStream, LocusError } from "@locus-sdk/core";
import type { RunView } from "./view.ts";

/** @throws LocusError as `agent.run()` does, after the view was told how far the run got. */
export async function answer(stream: AgentStream, view: RunView): Promise<AgentResult> {
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
