/** The bytes that the loopback server answers with, made once: chat completions and Responses, plain and streamed. */

export type Api = "chat" | "responses";

const MODEL = "bench-model";
/** Where an answer's own id goes: some contestants take two messages of one id for the same. */
const ID = "bench-00000000";
/** The deltas of a long stream. */
export const DELTAS = 20_000;
export const ANSWER =
  "Take an umbrella: rain is likely in the afternoon, and the wind turns to the north by evening.";
/** A prompt that is answered in short, whatever the script. */
export const SHORTLY = "In short, please.";
/** The tool that scripted turns call, and with what. */
const TOOL = "add";
const ARGUMENTS = JSON.stringify({ a: 19, b: 23 });
const USAGE = { prompt_tokens: 25, completion_tokens: 20, total_tokens: 45 };
const RESPONSES_USAGE = { input_tokens: 25, output_tokens: 20, total_tokens: 45 };
const WORDS = ["rain", " is", " likely", " in", " the", " afternoon", ",", " and", " wind", " turns", ".\n"];

/** The word that delta number `index` brings. */
export const wordOf = (index: number): string => WORDS[index % WORDS.length] ?? "";

/** An answer in one piece: text. */
export function answer(api: Api): Buffer {
  return json(
    api === "chat"
      ? completion({ role: "assistant", content: ANSWER, refusal: null }, "stop")
      : response([textItem(ANSWER)]),
  );
}

/** An answer in one piece: one call of the tool. Each turn has an id of its own. */
export function toolCall(api: Api, turn: number): Buffer {
  const id = `call_${turn}`;
  return json(
    api === "chat"
      ? completion({ role: "assistant", content: null, tool_calls: [chatCall(id)] }, "tool_calls")
      : response([callItem(id)]),
  );
}

/** The frames of a long streamed answer, beginning and end among them. */
export function longFrames(api: Api): readonly Buffer[] {
  const deltas = Array.from({ length: DELTAS }, (_, index) => textDelta(api, wordOf(index)));
  return [...opening(api), ...deltas, ...closing(api)];
}

/** The frames of the answer, word by word. */
export function answerFrames(api: Api): readonly Buffer[] {
  const words = ANSWER.split(/(?= )/);
  return [...opening(api), ...words.map((word) => textDelta(api, word)), ...closing(api)];
}

/** The frames of a streamed call of the tool. */
export function toolFrames(api: Api, turn: number): readonly Buffer[] {
  const id = `call_${turn}`;
  if (api === "responses") {
    const item = { ...callItem(id), id: `item-${ID}` };
    return [
      event({ type: "response.created", response: { ...response([]), status: "in_progress" } }),
      event({ type: "response.output_item.added", output_index: 0, item: { ...item, arguments: "" } }),
      event({
        type: "response.function_call_arguments.delta",
        item_id: item.id,
        output_index: 0,
        delta: ARGUMENTS,
      }),
      event({
        type: "response.function_call_arguments.done",
        item_id: item.id,
        output_index: 0,
        arguments: ARGUMENTS,
      }),
      event({ type: "response.output_item.done", output_index: 0, item }),
      event({ type: "response.completed", response: response([item]) }),
    ];
  }
  return [
    chunk({ role: "assistant", content: null, tool_calls: [{ index: 0, ...chatCall(id) }] }, null),
    chunk({}, "tool_calls"),
    usageChunk(),
    done(),
  ];
}

export function opening(api: Api): readonly Buffer[] {
  if (api === "chat") return [chunk({ role: "assistant", content: "" }, null)];
  return [
    event({ type: "response.created", response: { ...response([]), status: "in_progress" } }),
    event({ type: "response.output_item.added", output_index: 0, item: { ...textItem(""), content: [] } }),
    event({
      type: "response.content_part.added",
      item_id: `item-${ID}`,
      output_index: 0,
      content_index: 0,
      part: { type: "output_text", text: "", annotations: [] },
    }),
  ];
}

export function textDelta(api: Api, text: string): Buffer {
  if (api === "chat") return chunk({ content: text }, null);
  return event({
    type: "response.output_text.delta",
    item_id: `item-${ID}`,
    output_index: 0,
    content_index: 0,
    delta: text,
    logprobs: [],
  });
}

/** What follows the deltas. The text of a Responses answer is told again at its end, as the vendor does. */
function closing(api: Api): readonly Buffer[] {
  if (api === "chat") return [chunk({}, "stop"), usageChunk(), done()];
  return [
    event({ type: "response.output_item.done", output_index: 0, item: textItem(ANSWER) }),
    event({ type: "response.completed", response: response([textItem(ANSWER)]) }),
  ];
}

/** A copy with an id of its own. */
export function numbered(bytes: Buffer, number: number): Buffer {
  const copy = Buffer.from(bytes);
  const id = `bench-${String(number).padStart(8, "0")}`;
  for (let at = copy.indexOf(ID); at >= 0; at = copy.indexOf(ID, at + ID.length))
    copy.write(id, at, "latin1");
  return copy;
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const frame = (value: unknown): Buffer => Buffer.from(`data: ${JSON.stringify(value)}\n\n`);
const done = (): Buffer => Buffer.from("data: [DONE]\n\n");
const event = (value: { readonly type: string; readonly [field: string]: unknown }): Buffer =>
  Buffer.from(`event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`);

const chatCall = (id: string) => ({ id, type: "function", function: { name: TOOL, arguments: ARGUMENTS } });

function completion(message: object, reason: string) {
  return {
    id: `chatcmpl-${ID}`,
    object: "chat.completion",
    created: 1_750_000_000,
    model: MODEL,
    choices: [{ index: 0, message, logprobs: null, finish_reason: reason }],
    usage: USAGE,
    system_fingerprint: "fp_bench",
  };
}

function chunk(delta: object, reason: string | null): Buffer {
  return frame({
    ...head(),
    choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
    usage: null,
  });
}

const usageChunk = (): Buffer => frame({ ...head(), choices: [], usage: USAGE });

const head = () => ({
  id: `chatcmpl-${ID}`,
  object: "chat.completion.chunk",
  created: 1_750_000_000,
  model: MODEL,
  system_fingerprint: "fp_bench",
});

const textItem = (text: string) => ({
  type: "message",
  id: `item-${ID}`,
  status: "completed",
  role: "assistant",
  content: [{ type: "output_text", text, annotations: [], logprobs: [] }],
});

const callItem = (id: string) => ({
  type: "function_call",
  id: `item-${ID}`,
  call_id: id,
  name: TOOL,
  arguments: ARGUMENTS,
  status: "completed",
});

function response(output: readonly object[]) {
  return {
    id: `resp-${ID}`,
    object: "response",
    created_at: 1_750_000_000,
    status: "completed",
    error: null,
    incomplete_details: null,
    model: MODEL,
    output,
    parallel_tool_calls: true,
    tool_choice: "auto",
    tools: [],
    usage: RESPONSES_USAGE,
    metadata: {},
  };
}
