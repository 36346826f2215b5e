// What the three chat formats share: how each is read and written, in one shape.
import type { Completed, TokenCounts } from "../answers/complete.ts";
import type { Question } from "../answers/question.ts";
import type { Turn } from "../answers/turn.ts";
import type { JsonObject } from "../json.ts";
import type { StreamEvent } from "../stream/events.ts";

/** The parts of a question that depend on the format. */
export type Asked = Pick<
  Question,
  "messages" | "tools" | "toolChoice" | "parallelToolCalls" | "outputSchema" | "jsonOutput"
>;

export interface FrameOptions {
  /** The client asked for usage in the stream. */
  readonly includeUsage: boolean;
  /** Whether the finish reason is sent at all. */
  readonly finish: boolean;
  /** The answer fails instead of finishing. */
  readonly failure: Turn["failure"];
}

/** A chat format: how it asks, how it answers, how it streams. */
export interface Format<Request> {
  read(request: Request): Asked;
  response(answer: Completed, request: Request): JsonObject;
  frames(answer: Completed, request: Request, options: FrameOptions): Generator<StreamEvent>;
}

export const nativeUsage = ({ input, output, cached, reasoning }: TokenCounts): JsonObject => ({
  promptTokens: input,
  completionTokens: output,
  totalTokens: input + output,
  promptTokensDetails: { cachedTokens: cached },
  completionTokensDetails: { reasoningTokens: reasoning },
});

export const contentText = (
  content:
    | readonly { readonly text?: string | undefined; readonly thinking?: string | undefined }[]
    | null
    | undefined,
): string => (content ?? []).map(({ text }) => text ?? "").join("");

/** Where an answer fails, its last frame says so. */
export const failureFrame = (failure: NonNullable<Turn["failure"]>): StreamEvent => ({
  name: "error",
  data: { ...failure },
});
