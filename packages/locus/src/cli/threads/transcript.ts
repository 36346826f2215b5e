/** A message as a person reads it: who said it, and what. Pure. */
import type { Message } from "@locus-sdk/core";

export interface TranscriptLine {
  readonly text: string;
  readonly style?: "bold" | "dim" | "red";
}

type Part = Exclude<Message["content"], string>[number];

/** The lines of a message, an empty one behind them. */
export function linesOf(message: Message): readonly TranscriptLine[] {
  const { role, content } = message;
  const failed = role === "tool" && message.isError === true;
  const who = role === "tool" ? `tool ${message.name}${failed ? " (failed)" : ""}` : role;
  const parts: readonly Part[] = typeof content === "string" ? [{ type: "text", text: content }] : content;
  return [{ text: who, style: failed ? "red" : "bold" }, ...parts.flatMap(linesOfPart), { text: "" }];
}

function linesOfPart(part: Part): readonly TranscriptLine[] {
  switch (part.type) {
    case "text":
      return indented(part.text);
    case "reasoning":
      return indented(part.text).map(({ text }) => ({ text, style: "dim" }));
    case "tool_call":
      return indented(`→ ${part.name} ${part.arguments}`);
    default:
      return indented(`[${part.type}]`);
  }
}

const indented = (text: string): readonly TranscriptLine[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => ({ text: `  ${line}` }));
