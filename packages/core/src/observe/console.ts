/** Runs as they go on, on a terminal: text as it is written, and around it what happens. */
import type { AgentEvent, EventOf } from "../events/types.ts";
import { type Hook, HookPriority } from "../hooks/types.ts";
import { boolean, type Checks, checkOptions, having, whole } from "../options/check.ts";
import { eventLines, type LineKind, styled } from "./render.ts";
import { wantsColor, withoutControls } from "./terminal.ts";

/** Where it is written; `process.stderr` and `process.stdout` fit. */
export interface ConsoleStream {
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal. */
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface ConsoleOptions {
  /** Default `process.stderr`. */
  readonly stream?: ConsoleStream | undefined;
  /** Default: where `stream` is a terminal, unless `NO_COLOR` or `FORCE_COLOR` say otherwise. */
  readonly color?: boolean | undefined;
  /** Characters of a line at most; answers are not shortened. Default: the terminal's width, or 400. */
  readonly width?: number | undefined;
}

const CHECKS: Checks<ConsoleOptions> = {
  stream: having("a stream", ["write"]),
  color: boolean,
  width: whole(20),
};

/** A run that is under way. */
interface Shown {
  readonly tag: string;
  /** Kinds of text that were shown in pieces since the model was last asked. */
  readonly written: Set<LineKind>;
  /** The first half of a character whose second comes with the next piece. */
  half: string;
}

/** Runs whose end is not seen, as in a process that is about to stop, are not remembered for ever. */
const MAX_RUNS = 1_000;

/**
 * A hook that shows an agent's runs on a terminal while they go on: `consoleRenderer` as a hook.
 *
 * @example
 * ```ts
 * import { Agent, prettyHook } from "locus-sdk";
 *
 * const agent = new Agent({ model: "oci:openai.gpt-oss-120b", hooks: [prettyHook()] });
 * await agent.run("Should I take an umbrella in Chicago?");
 * ```
 */
export function prettyHook(options: ConsoleOptions = {}): Hook {
  return {
    name: "pretty",
    priority: HookPriority.observability,
    onEvent: consoleRenderer(options),
  };
}

/**
 * A listener that shows events on a terminal: an answer as it is written, calls and results in a line, what checks found, and at
 * the end what it cost. While several runs are under way, each line says whose it is.
 *
 * @example
 * ```ts
 * import { Agent, consoleRenderer, EventBus } from "locus-sdk";
 *
 * const bus = new EventBus();
 * bus.on("event", consoleRenderer());
 * const agent = new Agent({ model: "oci:openai.gpt-oss-120b", hooks: [bus.hook] });
 * await Promise.all([agent.run("Hello."), agent.run("Good evening.")]);
 * ```
 */
export function consoleRenderer(options: ConsoleOptions = {}): (event: AgentEvent) => void {
  checkOptions("consoleRenderer", options, CHECKS);
  const { stream = process.stderr, color = wantsColor(stream, process.env) } = options;
  const runs = new Map<string, Shown>();
  /** What the last line, not ended yet, is a piece of. */
  let open: { readonly run: Shown; readonly kind: LineKind } | undefined;

  const prefix = (run: Shown): string => (runs.size > 1 ? `${styled("note", `[${run.tag}]`, color)} ` : "");
  const endLine = (): void => {
    if (open !== undefined) stream.write("\n");
    open = undefined;
  };
  const write = (run: Shown, kind: LineKind, text: string): void => {
    const lines = text.split("\n").map((line) => `${prefix(run)}${styled(kind, line, color)}\n`);
    stream.write(lines.join(""));
  };
  const writePiece = (run: Shown, event: EventOf<"model_chunk">): void => {
    if (event.kind === "tool_call") return;
    const kind = event.kind === "text" ? "answer" : "reasoning";
    const whole = open?.run === run && open.kind !== kind ? event.text : run.half + event.text;
    run.half = /[\ud800-\udbff]$/.exec(whole)?.[0] ?? "";
    const text = withoutControls(whole.slice(0, whole.length - run.half.length));
    if (text === "") return;
    run.written.add(kind);
    if (open?.run !== run || open.kind !== kind) endLine();
    const begun = open === undefined ? prefix(run) : "";
    const [first = "", ...rest] = text.split("\n");
    const pieces = [begun + styled(kind, first, color)];
    for (const line of rest) pieces.push(`\n${prefix(run)}${styled(kind, line, color)}`);
    stream.write(pieces.join(""));
    open = { run, kind };
  };

  return (event) => {
    const run = runs.get(event.runId) ?? { tag: tagOf(event.runId), written: new Set<LineKind>(), half: "" };
    runs.set(event.runId, run);
    if (runs.size > MAX_RUNS) runs.delete(runs.keys().next().value ?? "");
    if (event.type === "model_chunk") return writePiece(run, event);
    const lines = eventLines(event, options.width ?? stream.columns).filter(
      ({ kind }) => !run.written.has(kind),
    );
    if (lines.length > 0 || event.type === "model_complete") endLine();
    for (const { kind, text } of lines) write(run, kind, text);
    // What is sent again is written again, from its beginning.
    if (event.type === "model_complete" || event.type === "retry") {
      run.written.clear();
      run.half = "";
    }
    if (event.type === "terminate") runs.delete(event.runId);
  };
}

/** The part of an id that tells it from others. */
function tagOf(runId: string): string {
  return withoutControls(runId.replace(/^run_/, "")).slice(0, 6);
}
