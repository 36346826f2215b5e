/** Lines of an answer, folded into parts as they come and into one `ModelResponse` at the end. Pure but for call ids. */
import {
  type AssistantPart,
  deepFreeze,
  IncompleteStreamError,
  isRecord,
  ModelError,
  type ModelResponse,
  type ModelStopReason,
  type ModelStreamPart,
  type Usage,
} from "@locus-sdk/core";
import { errorFromAnswer, excerpt } from "./errors.ts";

/** What the fold of an answer needs to know besides its lines. */
export interface DecodeContext {
  readonly modelId: string;
  /** What no error may hold, whatever it looks like. */
  readonly secrets?: readonly string[];
  /** What the request has lost on its way. */
  readonly warnings: readonly string[];
  /** What the answer is charged by, where it is not free. */
  readonly serviceTier?: string;
  /** An id that no other call has. The server names calls by their tool alone, or by ids that start anew each time. */
  readonly newCallId: () => string;
}

/** A run of text or of thoughts, in the pieces it came in. */
interface Run {
  readonly type: "text" | "reasoning";
  readonly pieces: string[];
}

type Fields = Readonly<Record<string, unknown>>;

/** One streamed answer. A line is checked by hand: there is one for every token. */
export class AnswerDecoder {
  readonly #context: DecodeContext;
  readonly #emit: (part: ModelStreamPart) => void;
  readonly #runs: Run[] = [];
  readonly #calls: Extract<AssistantPart, { type: "tool_call" }>[] = [];
  #last: Fields | undefined;
  #modelId: string | undefined;
  #lines = 0;

  constructor(context: DecodeContext, emit: (part: ModelStreamPart) => void) {
    this.#context = context;
    this.#emit = emit;
  }

  /** Whether the server has said that the answer is complete. */
  get done(): boolean {
    return this.#last !== undefined;
  }

  /** Takes one line in. Throws the typed error it tells of, or one that says what it is instead of an answer. */
  push(line: string): void {
    if (this.done) return;
    const frame = this.#read(line);
    this.#lines += 1;
    if (frame.error !== undefined && frame.error !== null) throw errorFromAnswer(line, this.#context);
    if (typeof frame.model === "string" && frame.model !== "") this.#modelId ??= frame.model;
    if (isRecord(frame.message)) this.#message(frame.message);
    if (frame.done === true) this.#last = frame;
  }

  /** The whole answer. Throws `IncompleteStreamError` where the server never said that it was complete. */
  end(): ModelResponse {
    const { modelId, serviceTier } = this.#context;
    const last = this.#last;
    if (last === undefined) {
      throw incomplete(
        modelId,
        this.#lines === 0
          ? "ended its stream without sending anything"
          : "ended its stream before it had finished",
      );
    }
    const warnings = [...this.#context.warnings];
    const warn = (text: string): void => void warnings.push(text);
    const content: readonly AssistantPart[] = [
      ...this.#runs.map(({ type, pieces }) => ({ type, text: pieces.join("") })),
      ...this.#calls,
    ];
    if (content.length === 0 && (last.done_reason === "load" || last.done_reason === "unload")) {
      throw new ModelError(`ollama model "${modelId}" was only ${last.done_reason}ed, and answered nothing`, {
        code: "no_answer",
        retryable: true,
        hint: "Ask again.",
      });
    }
    return deepFreeze({
      message: { role: "assistant", content },
      usage: usageOf(last, warn),
      stopReason: stopReasonOf(last.done_reason, this.#calls.length, warn),
      modelId: this.#modelId ?? modelId,
      ...(serviceTier === undefined ? {} : { serviceTier }),
      ...(warnings.length === 0 ? {} : { warnings }),
    } satisfies ModelResponse);
  }

  #read(line: string): Fields {
    let frame: unknown;
    try {
      frame = JSON.parse(line);
    } catch {
      frame = undefined;
    }
    if (isRecord(frame) && (this.#lines > 0 || "message" in frame || "done" in frame || "error" in frame)) {
      return frame;
    }
    const { modelId, secrets } = this.#context;
    if (this.#lines > 0) throw incomplete(modelId, `sent a line that is not JSON: ${excerpt(line, secrets)}`);
    throw new ModelError(
      `ollama model "${modelId}" answered with something that is no answer: ${excerpt(line, secrets)}`,
      { code: "invalid_response", hint: "Check that `host` is that of an Ollama server." },
    );
  }

  #message({ thinking, content, tool_calls: calls }: Fields): void {
    if (typeof thinking === "string" && thinking !== "") this.#say("reasoning", thinking);
    if (typeof content === "string" && content !== "") this.#say("text", content);
    if (!Array.isArray(calls)) return;
    for (const call of calls) {
      const called: unknown = isRecord(call) ? call.function : undefined;
      if (isRecord(called)) this.#call(called);
    }
  }

  #say(type: Run["type"], text: string): void {
    const current = this.#runs.at(-1);
    if (current?.type === type) current.pieces.push(text);
    else this.#runs.push({ type, pieces: [text] });
    this.#emit(type === "text" ? { type: "text_delta", text } : { type: "reasoning_delta", text });
  }

  #call({ name: called, arguments: given }: Fields): void {
    const id = this.#context.newCallId();
    const name = typeof called === "string" ? called : "";
    const args = typeof given === "string" ? given : JSON.stringify(given ?? {});
    const index = this.#calls.length;
    this.#calls.push({ type: "tool_call", id, name, arguments: args });
    this.#emit({ type: "tool_call_delta", index, id, name, argumentsDelta: args });
  }
}

function incomplete(modelId: string, what: string): IncompleteStreamError {
  return new IncompleteStreamError(`ollama model "${modelId}" ${what}`, {
    hint: "The part that came is not an answer. Nothing was sent again; try again.",
  });
}

/** Why the model stopped. That it called tools, the server does not say. */
function stopReasonOf(reason: unknown, calls: number, warn: (text: string) => void): ModelStopReason {
  if (reason === "length") return "length";
  // Older servers give no reason.
  if (reason !== "stop" && reason !== undefined && reason !== "") {
    warn(
      `the server finished with the unknown reason "${excerpt(typeof reason === "string" ? reason : JSON.stringify(reason))}"`,
    );
  }
  return calls > 0 ? "tool_calls" : "stop";
}

/** Tokens as the server counted them; it leaves out what is none, as a prompt that it knows already. */
function usageOf(last: Fields, warn: (text: string) => void): Usage {
  const { prompt_eval_count: prompt, eval_count: output } = last;
  if (typeof prompt !== "number" && typeof output !== "number") warn("the server reported no token usage");
  const inputTokens = typeof prompt === "number" ? prompt : 0;
  const outputTokens = typeof output === "number" ? output : 0;
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
}
