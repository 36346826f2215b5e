/** What a person, or a program, sees of a run: its answer on stdout, everything about it on stderr. */
import { type AgentEvent, type AgentResult, type JsonValue, toolCallsOf } from "@locus-sdk/core";
import type { Output } from "./output.ts";

/** Shows a run while it goes on. */
export interface RunView {
  event(event: AgentEvent): void;
  /** After the last event, where the run got as far as having a result. */
  end(result: AgentResult): void;
}

/** Characters of arguments or of a result on one line. */
const MAX_SHOWN = 400;

/** Every event as a line of JSON on stdout. */
export function jsonView(output: Output): RunView {
  return {
    event: (event) => output.answer(`${JSON.stringify(event)}\n`),
    end: () => undefined,
  };
}

/** The answer's text on stdout alone. */
export function quietView(output: Output): RunView {
  let written = false;
  return {
    event: (event) => {
      if (event.type === "model_chunk" && event.kind === "text") {
        output.answer(event.text);
        written = true;
      } else if (event.type === "model_complete") output.endLine();
    },
    end: ({ text }) => {
      // A model that cannot stream, or a run whose text is not the model's, has shown nothing yet.
      if (!written) output.answer(text);
      output.endLine();
    },
  };
}

/** The answer, the calls and their results, and what it cost. */
export function textView(output: Output, standIn: string | undefined): RunView {
  const answers = quietView(output);
  const asked = new Map<string, string>();
  const note = (line: string): void => output.note(line, "dim");
  return {
    event: (event) => {
      answers.event(event);
      switch (event.type) {
        case "model_complete":
          for (const { id, arguments: text } of toolCallsOf(event.message)) asked.set(id, text);
          for (const warning of event.warnings ?? []) note(`warning: ${warning}`);
          break;
        case "tool_start":
          asked.delete(event.callId);
          note(`→ ${event.name} ${shown(event.arguments)}`);
          break;
        case "tool_complete": {
          // A call that was never begun has shown its arguments nowhere yet.
          const unseen = asked.get(event.callId);
          if (unseen !== undefined) note(`→ ${event.name} ${shorten(unseen)}`);
          if (event.isError)
            output.note(`← ${event.name}: ${shorten(event.error?.message ?? "failed")}`, "red");
          else
            note(
              `← ${event.name} ${shown(event.result ?? null)} (${event.cached ? "cached" : `${event.durationMs} ms`})`,
            );
          break;
        }
        case "retry":
          note(`retrying in ${event.delayMs} ms: ${event.what}`);
          break;
        default:
      }
    },
    end: (result) => {
      answers.end(result);
      const { iterations, usage, durationMs } = result;
      const tokens = `${usage.totalTokens} tokens (${usage.inputTokens} in, ${usage.outputTokens} out)`;
      const parts = [count(iterations, "iteration"), tokens, costOf(result), `${durationMs} ms`, standIn];
      note(parts.filter((part) => part !== undefined).join(" · "));
    },
  };
}

/** What the run cost, or the least it cost; `undefined` where no price is known. */
function costOf({ cost: { usd, knownUsd } }: AgentResult): string | undefined {
  if (usd === undefined) return knownUsd === 0 ? undefined : `at least ${dollars(knownUsd)}`;
  return dollars(usd);
}

/** Small sums with the digits that say something. */
function dollars(usd: number): string {
  if (usd === 0) return "$0";
  const digits = usd >= 1 ? 2 : Math.min(12, 1 - Math.floor(Math.log10(usd)));
  return `$${usd.toFixed(digits)}`;
}

/** Why a run without error did not succeed; `undefined` where it did. */
export function shortfall({ success, stopReason, stopDetail }: AgentResult): string | undefined {
  if (success) return undefined;
  return `locus: the run ended without success: ${stopReason}${stopDetail === undefined ? "" : ` (${stopDetail})`}`;
}

function shown(value: JsonValue): string {
  return shorten(typeof value === "string" ? value : JSON.stringify(value));
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}…` : line;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
