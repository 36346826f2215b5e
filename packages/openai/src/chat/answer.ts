/** What an answer is to whoever reads it: its headers have come, and its body is frames or one text. */
import {
  IncompleteStreamError,
  type LocusError,
  type ModelResponse,
  type ModelStreamPart,
} from "@locus-sdk/core";
import { type ErrorContext, excerpt } from "../errors.ts";

/** Takes in the frames of one streamed answer. */
export interface FrameDecoder {
  /** Whether the server has said that nothing will follow. */
  readonly done: boolean;
  /** Whether the model has said why it stopped: what came is an answer. */
  readonly finished: boolean;
  readonly frames: number;
  /** Throws the typed error a frame tells of, or `IncompleteStreamError` where it is unreadable. */
  push(data: string, event: string | undefined): void;
  /** The whole answer; `lateFailure` is what broke the connection behind it. */
  end(lateFailure?: LocusError): ModelResponse;
}

/** How the body of one answer is understood: frame by frame, or in one piece. */
export interface AnswerReader {
  frames(emit: (part: ModelStreamPart) => void): FrameDecoder;
  whole(text: string): ModelResponse;
  /** What to look at where something else came than such an answer. */
  readonly hint: string;
}

/** An answer whose headers have come. */
export interface OpenedAnswer {
  readonly response: Response;
  readonly context: ErrorContext & { readonly requestId?: string };
  readonly reader: AnswerReader;
}

/** The JSON in `text`, or `text` itself where it is no JSON at all. Throws where it breaks off in the middle. */
export function readAnswerText(text: string, context: OpenedAnswer["context"]): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const start = text.trimStart();
    if (start !== "" && !start.startsWith("{")) return text;
    throw new IncompleteStreamError(
      `${context.provider} model "${context.modelId}" answered 200 with ${start === "" ? "nothing" : `a body that breaks off: ${excerpt(text, context.secrets)}`}`,
      { cause, ...(context.requestId === undefined ? {} : { requestId: context.requestId }) },
    );
  }
}
