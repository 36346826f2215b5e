/** A whole response as a `ModelResponse`. Pure. */
import {
  deepFreeze,
  type HostedToolRun,
  isRecord,
  type LocusError,
  ModelError,
  type ModelResponse,
  type ModelStopReason,
  type ProviderState,
  ServerStateLostError,
  type Usage,
  usageFrom,
} from "@locus-sdk/core";
import { readAnswerText } from "../chat/answer.ts";
import type { ChatProfile } from "../chat/profile.ts";
import { type ErrorContext, type ErrorMapper, excerpt, ReportedError, toLocusError } from "../errors.ts";
import { readWireError } from "../wire-error.ts";
import { decodeItem } from "./decode-item.ts";
import { hostedRunOf } from "./hosted.ts";
import { isStateLost } from "./recovery.ts";
import { parseResponse, type WireResponse, type WireUsage } from "./wire.ts";

/** What is known about an answer besides its body. */
export interface ResponsesContext extends ErrorContext {
  readonly profile: ChatProfile;
  readonly requestId?: string;
  /** Translates an error told inside the answer. Default: `toLocusError`. */
  readonly mapError?: ErrorMapper;
  /** What could not be sent, to be told with the answer. */
  readonly warnings?: readonly string[];
  /** Whether the items are kept as they came, on `ModelResponse.rawOutput`. */
  readonly rawOutput?: boolean;
  /** Makes the state that goes with an answer: of its frozen message, its id, and whether it is complete. */
  readonly stateAfter?: (answer: FinishedAnswer) => ProviderState | undefined;
}

/** What a state is made of. */
export interface FinishedAnswer {
  readonly message: ModelResponse["message"];
  readonly responseId: string | undefined;
  readonly complete: boolean;
}

/**
 * The response in `body`, the parsed JSON of a 200.
 *
 * @throws ModelError where it is not a response; a typed error where it failed or is an error envelope.
 * @example
 * ```ts
 * import { decodeResponse, DEFAULT_CHAT_PROFILE } from "@locus-sdk/openai";
 *
 * const response = decodeResponse(
 *   { status: "completed", output: [{ type: "message", content: [{ type: "output_text", text: "Hi." }] }] },
 *   { provider: "openai", modelId: "m", profile: DEFAULT_CHAT_PROFILE },
 * );
 * response.stopReason; // "stop"
 * ```
 */
export function decodeResponse(body: unknown, context: ResponsesContext): ModelResponse {
  const parsed = parseResponse(body);
  if (!parsed.success) throw notAResponse(body, parsed.error.issues[0], context);
  return finish(parsed.data, context);
}

/** A whole response in `text`; a text that breaks off in the middle of its JSON is an incomplete answer. */
export function decodeResponseText(text: string, context: ResponsesContext): ModelResponse {
  return decodeResponse(readAnswerText(text, context), context);
}

/** The same, of a response that has been checked. */
export function finish(wire: WireResponse, context: ResponsesContext): ModelResponse {
  const failure = failureOf(wire, context);
  if (failure !== undefined) throw failure;
  const warnings = [...(context.warnings ?? [])];
  const warn = (text: string): void => {
    warnings.push(text);
  };
  const items = wire.output ?? [];
  const message = deepFreeze({
    role: "assistant" as const,
    content: items.flatMap((item) => decodeItem(item, context.profile.doubleEncodedArguments)),
  });
  const hostedTools = items.map(hostedRunOf).filter((run): run is HostedToolRun => run !== undefined);
  const calls = message.content.filter(({ type }) => type === "tool_call").length;
  const complete = wire.status !== "incomplete";
  const providerState = context.stateAfter?.({ message, responseId: wire.id, complete });
  return deepFreeze({
    message,
    usage: usageOf(wire.usage, warn),
    stopReason: complete ? (calls > 0 ? "tool_calls" : "stop") : cutReason(wire, warn),
    modelId: wire.model ?? context.modelId,
    ...(wire.service_tier === undefined ? {} : { serviceTier: wire.service_tier }),
    ...(context.requestId === undefined ? {} : { requestId: context.requestId }),
    ...(providerState === undefined ? {} : { providerState }),
    ...(hostedTools.length === 0 ? {} : { hostedTools }),
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(context.rawOutput === true ? { rawOutput: items } : {}),
  } satisfies ModelResponse);
}

/** Why an answer was cut. Whatever it was, there is an answer, and it does not end where the model would have. */
function cutReason(wire: WireResponse, warn: (text: string) => void): ModelStopReason {
  const reason = wire.incomplete_details?.reason;
  if (reason === "content_filter") return "content_filter";
  if (reason !== undefined && reason !== "max_output_tokens") {
    warn(`the provider cut the answer for the unknown reason "${reason}"`);
  }
  return "length";
}

/** Tokens as the provider counted them; all zero, with a warning, where it did not say. */
function usageOf(wire: WireUsage | null | undefined, warn: (text: string) => void): Usage {
  if (wire === null || wire === undefined) {
    warn("the provider reported no token usage");
    return { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
  }
  return usageFrom({
    input: wire.input_tokens,
    output: wire.output_tokens,
    total: wire.total_tokens,
    cached: wire.input_tokens_details?.cached_tokens,
    cacheWrite: wire.input_tokens_details?.cache_write_tokens,
    reasoning: wire.output_tokens_details?.reasoning_tokens,
  });
}

/** Codes of a failed response that tell of what was sent, and not of the server. */
const BLAMES_REQUEST = /^(?:invalid_|image_|empty_image|failed_to_download_image|unsupported_image)|_image_/;

/** The error for a response that failed, or that is not an answer yet. */
function failureOf(wire: WireResponse, context: ResponsesContext): LocusError | undefined {
  const { status } = wire;
  if (status === undefined || status === "completed" || status === "incomplete") return undefined;
  const { provider, modelId, requestId } = context;
  const remote = requestId === undefined ? {} : { requestId };
  if (status === "failed") return toldError(wire.error, context);
  return new ModelError(`${provider} model "${modelId}" answered with a response that is ${status}`, {
    ...remote,
    code: `response_${status}`,
    hint: "Responses that go on in the background are not waited for here.",
  });
}

/** The error that a server tells of inside a 200: a failed response, or an `error` event. */
export function toldError(body: unknown, context: ResponsesContext): LocusError {
  const { requestId, mapError = toLocusError } = context;
  const wire = readWireError(body);
  const blamed = BLAMES_REQUEST.test(wire.code ?? "") && wire.type === undefined;
  const told = blamed ? { ...wire, type: "invalid_request_error" } : body;
  const error = mapError(new ReportedError(told, requestId), context);
  if (context.goesOn !== true || !isStateLost(wire)) return error;
  const remote = requestId === undefined ? {} : { requestId };
  return new ServerStateLostError(error.message, { ...remote, cause: error });
}

/** The error for a 200 that holds something else: an error envelope, or what nobody can read. */
function notAResponse(
  body: unknown,
  issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined,
  context: ResponsesContext,
): LocusError {
  const remote = context.requestId === undefined ? {} : { requestId: context.requestId };
  if (isRecord(body) && body.output === undefined) {
    const wire = readWireError(body);
    if (wire.message !== undefined || wire.code !== undefined) return toldError(body, context);
  }
  const where =
    issue === undefined ? "" : ` (${issue.path.map(String).join(".") || "the body"}: ${issue.message})`;
  const came = excerpt(
    typeof body === "string" ? body : (JSON.stringify(body) ?? "nothing"),
    context.secrets,
  );
  return new ModelError(
    `${context.provider} model "${context.modelId}" answered 200 with something that is not a response${where}: ${came}`,
    { ...remote, code: "invalid_response", hint: "Check that the endpoint has the Responses API." },
  );
}
