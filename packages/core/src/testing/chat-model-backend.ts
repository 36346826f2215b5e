/** What a test author brings to `describeChatModel`: a model, and a server behind it that can be told what to answer. */
import type { ChatModel, ModelStreamPart } from "../model/types.ts";

/** One answer of the server, in no protocol's terms. */
export interface ChatModelTurn {
  readonly text?: string;
  readonly reasoning?: string;
  /** `arguments` is the text the model wrote, which need not be JSON. */
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: string }[];
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number };
  /** Where it is not what follows from the rest: cut at the limit, or by the content filter. */
  readonly stopReason?: "length" | "content_filter";
  /** The status of a failed request, with the server's usual body for it. */
  readonly error?: { readonly status: 401 | 404 | 429 | 500; readonly message: string };
  /** A stream sends part of `text`, and ends without saying that it has finished. */
  readonly truncated?: true;
  /** A stream sends the beginning of `text` at once and takes seconds for the rest; a whole answer takes seconds. */
  readonly slow?: true;
}

/** A model and its server, made anew for every test. The model should not retry, or retry at once. */
export interface ChatModelBackend {
  readonly model: ChatModel;
  /** Sets what the next requests get, in order; the last turn is given again to every request after it. */
  readonly script: (turns: readonly ChatModelTurn[]) => void | Promise<void>;
  /** The bodies of the requests so far. Leave it out where the test cannot see them. */
  readonly requests?: () => readonly unknown[] | Promise<readonly unknown[]>;
  /** How many requests are being answered just now. Leave it out where the test cannot see them. */
  readonly openRequests?: () => number | Promise<number>;
  readonly close: () => void | Promise<void>;
}

/** What the suite checks, each of which a backend may be unable to stage. */
export type ChatModelFeature =
  | "text"
  | "unicode"
  | "reasoning"
  | "tool_call"
  | "parallel_tool_calls"
  | "malformed_arguments"
  | "tool_result"
  | "usage"
  | "length"
  | "content_filter"
  | "structured_output"
  | "error_401"
  | "error_404"
  | "error_429"
  | "error_500"
  | "abort_before"
  | "abort_whole"
  | "abort_stream"
  | "leave_stream"
  | "truncated";

export interface DescribeChatModelOptions {
  /** Features left out, each with the reason, which is shown in the test's name. */
  readonly skip?: Partial<Readonly<Record<ChatModelFeature, string>>>;
  /** Per test, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
}

/** One test of the suite, as data. */
export interface ChatModelCase {
  readonly feature: ChatModelFeature;
  readonly title: string;
  readonly run: (backend: ChatModelBackend) => Promise<void>;
}

/** All parts of a stream. */
export async function collectParts(stream: AsyncIterable<ModelStreamPart>): Promise<ModelStreamPart[]> {
  const parts: ModelStreamPart[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}
