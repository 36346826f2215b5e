/** What a person, or a program, sees of a run: its answer on stdout, everything about it on stderr. */
import { type AgentEvent, type AgentResult, describeUsage, eventLines, type LineKind } from "@locus-sdk/core";
import type { Output, Style } from "./output.ts";

/** Shows a run while it goes on. */
export interface RunView {
  event(event: AgentEvent): void;
  /** After the last event, where the run got as far as having a result. */
  end(result: AgentResult): void;
}

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

/** What is shown beside the answer: calls and their results, retries and warnings. With `pretty`, all that is told. */
export interface Shown {
  /** Said in the last line of a run: who answered in the place of OCI. */
  readonly standIn?: string | undefined;
  readonly pretty?: boolean | undefined;
}

/** What is shown without `--pretty`. */
const PLAIN: ReadonlySet<AgentEvent["type"]> = new Set([
  "model_complete",
  "tool_start",
  "tool_complete",
  "retry",
]);
/** What others say: questions are asked, and the end is told with the result. */
const SAID: ReadonlySet<AgentEvent["type"]> = new Set(["interrupt", "resume", "terminate"]);

const STYLES: Readonly<Record<LineKind, Style | undefined>> = {
  head: "bold",
  answer: undefined,
  reasoning: "dim",
  call: "cyan",
  failure: "red",
  warning: "yellow",
  check: "magenta",
  note: "dim",
};

/** The answer, what happened on the way to it, and what it cost. */
export function textView(output: Output, { standIn, pretty = false }: Shown): RunView {
  const answers = quietView(output);
  const thoughts = pretty ? thoughtLines((line) => output.note(line, STYLES.reasoning)) : undefined;
  return {
    event: (event) => {
      const thought = thoughts?.(event) ?? false;
      answers.event(event);
      if (SAID.has(event.type) || !(pretty || PLAIN.has(event.type))) return;
      for (const { kind, text } of eventLines(event, pretty ? output.columns : undefined)) {
        if (kind === "answer" || (kind === "reasoning" && (thought || !pretty))) continue;
        output.note(text, pretty ? STYLES[kind] : kind === "failure" ? "red" : "dim");
      }
    },
    end: (result) => {
      answers.end(result);
      const { iterations, usage, durationMs } = result;
      const parts = [...describeUsage(iterations, usage), `${durationMs} ms`, standIn];
      output.note(parts.filter((part) => part !== undefined).join(" · "), "dim");
    },
  };
}

/** Shows what a model thinks, line by line as it comes; tells whether the message that is complete was shown so. */
function thoughtLines(show: (line: string) => void): (event: AgentEvent) => boolean {
  let begun = "";
  let isShown = false;
  return (event) => {
    if (event.type === "model_chunk" && event.kind === "reasoning") {
      const lines = (begun + event.text).split("\n");
      begun = lines.pop() ?? "";
      for (const line of lines) show(line);
      isShown = true;
    } else if (begun !== "") {
      show(begun);
      begun = "";
    }
    const wasShown = isShown;
    if (event.type === "model_complete" || event.type === "retry") isShown = false;
    return wasShown;
  };
}

/** Why a run without error did not succeed; `undefined` where it did. */
export function shortfall({ success, stopReason, stopDetail }: AgentResult): string | undefined {
  if (success) return undefined;
  return `locus: the run ended without success: ${stopReason}${stopDetail === undefined ? "" : ` (${stopDetail})`}`;
}
