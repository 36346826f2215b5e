/** Answers of `/actions/chat`, streamed and whole: what all formats share, with the format's own reader inside. */
import { IncompleteStreamError, type LocusError, ModelError, type ModelResponse } from "@locus-sdk/core";
import {
  type AnswerReader,
  excerpt,
  type FrameDecoder,
  ReportedError,
  readAnswerText,
  readWireError,
  toLocusError,
} from "@locus-sdk/openai";
import { z } from "zod";
import { AnswerBuilder, type AnswerContext } from "./answer.ts";
import { type Fields, type FrameReader, isFields, label, type NativeCodec } from "./codec.ts";

const HINT = "Check that the endpoint is that of OCI Generative AI inference.";

/** A whole answer's envelope; what is inside is the format's business. */
const chatResult = z.looseObject({ chatResponse: z.looseObject({ apiFormat: z.string().nullish() }) });

/** How `codec`'s answers are read. */
export function nativeReader(codec: NativeCodec, context: AnswerContext): AnswerReader {
  return {
    frames: (emit) => {
      const answer = new AnswerBuilder(context, emit);
      return new NativeStreamDecoder(answer, codec.reader(answer));
    },
    whole: (text) => decodeWhole(codec, text, context),
    hint: HINT,
  };
}

/**
 * The response in `text`, the body of a 200.
 *
 * @throws ModelError where it is no chat result, `IncompleteStreamError` where it breaks off, a typed error where it
 *   is an error envelope.
 */
export function decodeWhole(codec: NativeCodec, text: string, context: AnswerContext): ModelResponse {
  const body = readAnswerText(text, context);
  const result = chatResult.safeParse(body);
  if (!result.success) throw noChatResult(body, context);
  const answer = new AnswerBuilder(context);
  const reader = codec.reader(answer);
  const { chatResponse } = result.data;
  if (chatResponse.usage !== undefined) answer.count(chatResponse.usage);
  reader.take(chatResponse, true);
  reader.end();
  return answer.response();
}

function noChatResult(body: unknown, context: AnswerContext): LocusError {
  const wire = isFields(body) ? readWireError(body) : {};
  if (wire.code !== undefined || wire.message !== undefined) return told(body, context);
  const came = excerpt(typeof body === "string" ? body : (JSON.stringify(body) ?? "nothing"));
  return new ModelError(
    `oci model "${context.modelId}" answered 200 with something that is no chat result: ${came}`,
    { ...remote(context), code: "invalid_response", hint: HINT },
  );
}

const remote = ({ requestId }: AnswerContext): { readonly requestId?: string } =>
  requestId === undefined ? {} : { requestId };

/** The typed error that stands where an answer should be. */
function told(body: unknown, context: AnswerContext): LocusError {
  const { mapError = toLocusError, requestId } = context;
  return mapError(new ReportedError(body, requestId), context);
}

/** The error that a frame tells of: `code` and a `message` that is a text, in place of everything an answer has. */
function isError(frame: Fields): boolean {
  if (frame.error !== undefined && frame.error !== null) return true;
  if (typeof frame.message === "string") return frame.text === undefined;
  return (
    (label(frame.code) !== undefined || typeof frame.code === "number") &&
    [frame.message, frame.text, frame.finishReason, frame.choices, frame.usage].every(
      (member) => member === undefined || member === null,
    )
  );
}

/** The frames of one streamed answer: data-only events, `[DONE]` at the end or not, `pad` in them or not. */
class NativeStreamDecoder implements FrameDecoder {
  readonly #answer: AnswerBuilder;
  readonly #reader: FrameReader;
  frames = 0;
  done = false;

  constructor(answer: AnswerBuilder, reader: FrameReader) {
    this.#answer = answer;
    this.#reader = reader;
  }

  get finished(): boolean {
    return this.#answer.finishReason !== undefined;
  }

  push(data: string, event: string | undefined): void {
    if (this.done || data === "") return;
    if (data === "[DONE]" || data.trim() === "[DONE]") {
      this.done = true;
      return;
    }
    const frame = this.#parse(data, event);
    if (frame === undefined) return;
    this.frames += 1;
    if (event === "error" || isError(frame)) throw this.#told(frame);
    const body = isFields(frame.chatResponse) ? frame.chatResponse : frame;
    if (isFields(body.usage)) this.#answer.count(body.usage);
    this.#reader.take(body, false);
  }

  end(lateFailure?: LocusError): ModelResponse {
    if (!this.finished) {
      throw this.#incomplete(
        this.frames === 0
          ? "ended its stream without sending anything"
          : "ended its stream before it had finished",
      );
    }
    this.#reader.end();
    return this.#answer.response(lateFailure);
  }

  #parse(data: string, event: string | undefined): Fields | undefined {
    let frame: unknown;
    try {
      frame = JSON.parse(data);
    } catch {
      if (event === "ping" || event === "heartbeat") return undefined;
      if (event === "error") throw this.#told(data);
      throw this.#incomplete(`sent a frame that is not JSON: ${excerpt(data)}`);
    }
    if (isFields(frame)) return frame;
    throw this.#incomplete(`sent a frame that is not an object: ${excerpt(data)}`);
  }

  #told(body: unknown): LocusError {
    return told(body, this.#answer.context);
  }

  #incomplete(what: string): IncompleteStreamError {
    const { context } = this.#answer;
    return new IncompleteStreamError(`oci model "${context.modelId}" ${what}`, {
      ...remote(context),
      hint: "The part that came is not an answer. Nothing was sent again; try again.",
    });
  }
}
