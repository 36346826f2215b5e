/** The types of events, to look one up. */
import type { AgentEvent } from "../events/types.ts";

const TYPES: Readonly<Record<AgentEvent["type"], true>> = {
  run_start: true,
  model_complete: true,
  tool_start: true,
  tool_complete: true,
  reflect: true,
  grounding: true,
  gsar: true,
  verification: true,
  interrupt: true,
  resume: true,
  context_compacted: true,
  message_added: true,
  retry: true,
  guardrail: true,
  hosted_tool: true,
  terminate: true,
  model_chunk: true,
  tool_progress: true,
};

export const EVENT_TYPES: readonly string[] = Object.keys(TYPES);

export function isEventType(name: string): name is AgentEvent["type"] {
  return Object.hasOwn(TYPES, name);
}
