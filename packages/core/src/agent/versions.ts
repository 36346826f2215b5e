/** What an event comes to in a thread's past, loaded when somebody first looks at one. */
import type { DurableEvent } from "../events/types.ts";
import { messageText, toolCallsOf } from "../messages/messages.ts";
import { renderResult } from "../state/transcript.ts";
import type { ThreadVersion } from "./history.ts";

const NODES: Readonly<Record<DurableEvent["type"], ThreadVersion["node"]>> = {
  run_start: "input",
  model_complete: "think",
  retry: "think",
  message_added: "think",
  hosted_tool: "think",
  guardrail: "think",
  tool_start: "execute",
  tool_complete: "execute",
  interrupt: "execute",
  reflect: "reflect",
  grounding: "verify",
  gsar: "verify",
  verification: "verify",
  context_compacted: "compact",
  resume: "resume",
  terminate: "terminate",
};

const LINE = 120;

export function versionOf(event: DurableEvent): ThreadVersion {
  const { type, sequence: version, runId, timestamp } = event;
  const usage = type === "model_complete" ? event.usage : undefined;
  return Object.freeze({
    version,
    runId,
    timestamp,
    type,
    node: NODES[type],
    summary: oneLine(summaryOf(event)),
    ...(usage === undefined ? {} : { usage }),
  });
}

function summaryOf(event: DurableEvent): string {
  switch (event.type) {
    case "run_start":
      return event.input.map(messageText).join(" ");
    case "model_complete": {
      const calls = toolCallsOf(event.message).map(({ name, arguments: args }) => `${name}(${args})`);
      return [messageText(event.message), ...calls].filter((part) => part !== "").join(" ");
    }
    case "tool_start":
      return `${event.name}(${JSON.stringify(event.arguments)})`;
    case "tool_complete":
      return `${event.name}: ${event.error === undefined ? renderResult(event.result) : event.error.message}`;
    case "interrupt":
      return event.question;
    case "resume":
      return renderResult(event.answer);
    case "terminate":
      return [event.reason, event.stopDetail].filter(Boolean).join(": ");
    case "reflect":
      return [event.assessment, event.reason ?? event.guidance].filter(Boolean).join(": ");
    case "grounding":
    case "gsar":
      return `${event.decision}, score ${event.score}`;
    case "verification":
      return [`${event.verifier}: ${event.decision}`, event.detail].filter(Boolean).join(", ");
    case "context_compacted":
      return `${event.count} messages gave way to ${event.replacement.length}`;
    case "message_added":
      return `${event.origin}: ${messageText(event.message)}`;
    case "retry":
      return event.what;
    case "guardrail":
      return `${event.detector}: ${event.action} in ${event.where}`;
    case "hosted_tool":
      return `${event.name}: ${event.status}`;
  }
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= LINE ? line : `${line.slice(0, LINE - 1).toWellFormed()}…`;
}
