/** Which events are worth which level. */
import type { AgentEvent } from "../../../events/types.ts";
import type { Logger } from "../../../log/logger.ts";

export type LogLevel = keyof Logger;

/** The level of each type of event; `false`: no line. */
export type LogLevels = { readonly [Type in AgentEvent["type"]]: LogLevel | false };

const LEVELS: LogLevels = {
  run_start: "info",
  model_complete: "debug",
  tool_start: "debug",
  tool_complete: "info",
  reflect: "debug",
  grounding: "info",
  gsar: "info",
  verification: "debug",
  interrupt: "info",
  resume: "info",
  context_compacted: "info",
  message_added: "debug",
  retry: "warn",
  guardrail: "info",
  hosted_tool: "debug",
  terminate: "info",
  model_chunk: false,
  tool_progress: "debug",
};

const ORDER: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** What went wrong is told no lower than this. */
function atLeast(event: AgentEvent): LogLevel {
  switch (event.type) {
    case "tool_complete":
      return event.isError ? "warn" : "debug";
    case "guardrail":
      return event.action === "proceed" ? "debug" : "warn";
    case "verification":
      return event.decision === "fail" ? "warn" : "debug";
    case "terminate":
      return event.error === undefined && event.reason !== "error" ? "debug" : "error";
    default:
      return "debug";
  }
}

export function levelOf(event: AgentEvent, levels: Partial<LogLevels>): LogLevel | false {
  const level = levels[event.type] ?? LEVELS[event.type];
  if (level === false) return false;
  const least = atLeast(event);
  return ORDER.indexOf(least) > ORDER.indexOf(level) ? least : level;
}
