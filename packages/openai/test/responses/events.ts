/** A response as the events of its stream, as OpenAI's server sends them. */
import type { Item } from "./store.ts";

type Event = Readonly<Record<string, unknown>>;

const PIECE = 6;

const pieces = (text: string): readonly string[] =>
  text.match(/[\s\S]{1,6}/gu) ?? (text === "" ? [] : [text]);

const list = (value: unknown): readonly Item[] => (Array.isArray(value) ? (value as readonly Item[]) : []);
const str = (value: unknown): string => (typeof value === "string" ? value : "");

/** Everything before the last event. */
export function eventsOf(response: Event): readonly Event[] {
  const shell = { ...response, status: "in_progress", output: [] };
  const events: Event[] = [
    { type: "response.created", response: shell },
    { type: "response.in_progress", response: shell },
  ];
  for (const [index, item] of list(response.output).entries()) {
    const at = { output_index: index, item_id: item.id };
    const begun =
      item.type === "message"
        ? { ...item, content: [] }
        : item.type === "reasoning"
          ? { type: "reasoning", id: item.id, summary: [] }
          : "arguments" in item
            ? { ...item, arguments: "" }
            : item;
    events.push({
      type: "response.output_item.added",
      output_index: index,
      item: { ...begun, status: "in_progress" },
    });
    if (item.type === "message") events.push(...messageEvents(item, at));
    if (item.type === "reasoning") events.push(...reasoningEvents(item, at));
    if (item.type === "function_call") {
      for (const delta of pieces(str(item.arguments))) {
        events.push({ type: "response.function_call_arguments.delta", ...at, delta });
      }
      events.push({ type: "response.function_call_arguments.done", ...at, arguments: item.arguments });
    }
    events.push({ type: "response.output_item.done", output_index: index, item });
  }
  return events;
}

function messageEvents(item: Item, at: Event): readonly Event[] {
  return list(item.content).flatMap((part, content_index) => {
    const refusal = part.type === "refusal";
    const whole = str(refusal ? part.refusal : part.text);
    const begun = refusal ? { ...part, refusal: "" } : { ...part, text: "", annotations: [] };
    const kind = refusal ? "refusal" : "output_text";
    return [
      { type: "response.content_part.added", ...at, content_index, part: begun },
      ...pieces(whole).map((delta) => ({
        type: `response.${kind}.delta`,
        ...at,
        content_index,
        delta,
        ...(refusal ? {} : { logprobs: [], obfuscation: "x".repeat(PIECE + (delta.length % 4)) }),
      })),
      { type: `response.${kind}.done`, ...at, content_index, [refusal ? "refusal" : "text"]: whole },
      { type: "response.content_part.done", ...at, content_index, part },
    ];
  });
}

function reasoningEvents(item: Item, at: Event): readonly Event[] {
  return list(item.summary).flatMap((part, summary_index) => [
    { type: "response.reasoning_summary_part.added", ...at, summary_index, part: { ...part, text: "" } },
    ...pieces(str(part.text)).map((delta) => ({
      type: "response.reasoning_summary_text.delta",
      ...at,
      summary_index,
      delta,
    })),
    { type: "response.reasoning_summary_text.done", ...at, summary_index, text: part.text },
    { type: "response.reasoning_summary_part.done", ...at, summary_index, part },
  ]);
}

/** Events on the wire, numbered; `named` with their `event:` lines. */
export function frames(events: readonly Event[], named: boolean): readonly string[] {
  return events.map(({ type, ...rest }, sequence_number) => {
    const data = `data: ${JSON.stringify({ type, sequence_number, ...rest })}\n\n`;
    return named ? `event: ${str(type)}\n${data}` : data;
  });
}
