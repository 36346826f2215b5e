/** An event in the words a person reads. Pure. */
import { styleText } from "node:util";
import type { AgentEvent, EventOf } from "../events/types.ts";
import type { JsonValue } from "../json/json.ts";
import { messageText } from "../messages/messages.ts";
import type { Usage } from "../model/types.ts";
import { costOfRun, dollars } from "../state/cost.ts";
import { withoutControls } from "./terminal.ts";

/** What a line is about: terminals show each kind in a style of its own. */
export type LineKind = "head" | "answer" | "reasoning" | "call" | "failure" | "warning" | "check" | "note";

/** A line, or with `answer` and `reasoning` any number of them. */
export interface EventLine {
  readonly kind: LineKind;
  /** Without control characters. */
  readonly text: string;
}

export interface RenderOptions {
  /** Default `false`. */
  readonly color?: boolean | undefined;
  /** Characters of a line at most; answers are not shortened. Default 400. */
  readonly width?: number | undefined;
}

type Style = Parameters<typeof styleText>[0];
const STYLES: Readonly<Record<LineKind, Style | undefined>> = {
  head: "bold",
  answer: undefined,
  reasoning: ["dim", "italic"],
  call: "cyan",
  failure: "red",
  warning: "yellow",
  check: "magenta",
  note: "dim",
};

const WIDTH = 400;

/**
 * An event as lines of text, without a line break at the end; `undefined` for one that has nothing to show: pieces of an answer,
 * which `consoleRenderer` shows as they come.
 *
 * @example
 * ```ts
 * import { Agent, renderEvent } from "locus-sdk";
 *
 * const agent = new Agent({ model: "oci:openai.gpt-oss-120b" });
 * agent.on("event", (event) => {
 *   const text = renderEvent(event);
 *   if (text !== undefined) console.log(text);
 * });
 * await agent.run("Hello.");
 * ```
 */
export function renderEvent(event: AgentEvent, options: RenderOptions = {}): string | undefined {
  const lines = eventLines(event, options.width);
  if (lines.length === 0) return undefined;
  return lines.map((line) => styled(line.kind, line.text, options.color === true)).join("\n");
}

export function styled(kind: LineKind, text: string, color: boolean): string {
  const style = STYLES[kind];
  return color && style !== undefined ? styleText(style, text, { validateStream: false }) : text;
}

/** The same, for those with styles of their own. */
export function eventLines(event: AgentEvent, width: number = WIDTH): readonly EventLine[] {
  return linesOf(event).map(({ kind, text, value, end = "" }) => {
    if (kind === "answer" || kind === "reasoning") return { kind, text: withoutControls(text) };
    const before = oneLine(text);
    const after = oneLine(end);
    const room = Math.max(MIN_VALUE, width - before.length - after.length);
    const shown = value === undefined ? "" : shorten(value, room);
    return { kind, text: value === undefined ? shorten(before + after, width) : before + shown + after };
  });
}

/** Of arguments and results something is always shown. */
const MIN_VALUE = 20;

interface Line extends EventLine {
  /** Between `text` and `end`: shortened to what room there is. */
  readonly value?: string;
  readonly end?: string;
}

const line = (kind: LineKind, text: string, value?: string, end?: string): Line => ({
  kind,
  text,
  ...(value === undefined ? {} : { value }),
  ...(end === undefined ? {} : { end }),
});

function linesOf(event: AgentEvent): readonly Line[] {
  switch (event.type) {
    case "run_start":
      return [line("head", `▶ ${event.agent} `, event.input.map(messageText).join(" "))];
    case "model_complete":
      return answerLines(event);
    case "tool_start":
      return [line("call", `→ ${event.name} `, asText(event.arguments))];
    case "tool_complete":
      return resultLines(event);
    case "tool_progress":
      return [line("note", `… ${event.name} `, asText(event.progress))];
    case "hosted_tool":
      return [line("call", `⇄ ${event.name} (${event.status}) `, asText(event.input ?? ""))];
    case "retry":
      return [line("warning", `retrying in ${event.delayMs} ms: `, event.what)];
    case "reflect":
      return [
        line(
          "check",
          `reflect: ${event.assessment}, confidence ${round(event.confidence)}`,
          told(event.reason ?? event.guidance),
        ),
      ];
    case "grounding": {
      const { ungroundedClaims: not, claims, decision, score } = event;
      const found = `${claims.length - not.length} of ${count(claims.length, "claim")} grounded`;
      return [
        line(
          verdict(decision),
          `grounding: ${decision}, score ${round(score)}, ${found}`,
          told(not.join("; ")),
        ),
      ];
    }
    case "gsar":
      return [line(verdict(event.decision), `gsar: ${event.decision}, score ${round(event.score)}`)];
    case "verification":
      return [line(verdict(event.decision), `${event.verifier}: ${event.decision}`, told(event.detail))];
    case "guardrail":
      return [
        line("warning", `guardrail ${event.detector}: ${event.action} in ${event.where}`, told(event.detail)),
      ];
    case "interrupt":
      return [line("warning", "? ", event.question)];
    case "resume":
      return [line("note", "answered: ", asText(event.answer))];
    case "context_compacted":
      return [line("note", `${count(event.count, "message")} gave way to ${event.replacement.length}`)];
    case "message_added":
      return [line("note", `${event.origin}: `, messageText(event.message))];
    case "terminate":
      return endLines(event);
    case "model_chunk":
      return [];
  }
}

function answerLines({ message, warnings = [] }: EventOf<"model_complete">): readonly Line[] {
  const parts = typeof message.content === "string" ? [] : message.content;
  const reasoning = parts.flatMap((part) => (part.type === "reasoning" ? [part.text ?? ""] : [])).join("\n");
  const answer = messageText(message);
  return [
    ...(reasoning === "" ? [] : [line("reasoning", reasoning)]),
    ...(answer === "" ? [] : [line("answer", answer)]),
    ...warnings.map((warning) => line("warning", "warning: ", warning)),
  ];
}

function resultLines(event: EventOf<"tool_complete">): readonly Line[] {
  const { name, arguments: asked, isError, error, result, durationMs } = event;
  const took = event.cached ? "cached" : `${durationMs} ms`;
  return [
    // A call that was never begun has shown its arguments nowhere yet.
    ...(asked === undefined ? [] : [line("call", `→ ${name} `, asText(asked))]),
    isError
      ? line("failure", `← ${name}: `, error?.message ?? "failed")
      : line("call", `← ${name} `, asText(result ?? null), ` (${took})`),
  ];
}

function endLines({ reason, stopDetail, error, iterations, usage }: EventOf<"terminate">): readonly Line[] {
  const why = [reason, stopDetail].filter((part) => part !== undefined).join(", ");
  const parts = [why, ...describeUsage(iterations, usage)];
  return [
    ...(error === undefined ? [] : [line("failure", "✗ ", error.message)]),
    line("head", `■ ${parts.join(" · ")}`),
  ];
}

/** What a run took, in words, to be joined: iterations, tokens, and the cost where it is known. */
export function describeUsage(iterations: number, usage: Usage): readonly string[] {
  const { usd, knownUsd } = costOfRun(usage);
  const cost = usd === undefined ? `at least ${dollars(knownUsd)}` : dollars(usd);
  return [
    count(iterations, "iteration"),
    `${usage.totalTokens} tokens (${usage.inputTokens} in, ${usage.outputTokens} out)`,
    ...(usd === undefined && knownUsd === 0 ? [] : [cost]),
  ];
}

function verdict(decision: string): LineKind {
  if (decision === "accept" || decision === "proceed") return "check";
  return decision === "fail" ? "failure" : "warning";
}

/** Behind a colon, where there is something. */
function told(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : `: ${text}`;
}

function asText(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function oneLine(text: string): string {
  return withoutControls(text.replaceAll(/\s+/g, " "));
}

function shorten(text: string, room: number): string {
  const shown = oneLine(text);
  if (shown.length <= room) return shown;
  // Not between the halves of a character.
  return `${shown.slice(0, room - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

function round(score: number): string {
  return String(Math.round(score * 100) / 100);
}
