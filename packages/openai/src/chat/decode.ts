/** A whole chat completion as a `ModelResponse`. Pure. */
import {
  type AssistantPart,
  deepFreeze,
  isRecord,
  ModelError,
  type ModelResponse,
  type ToolCallPart,
} from "@locus-sdk/core";
import { type ErrorContext, type ErrorMapper, excerpt, ReportedError, toLocusError } from "../errors.ts";
import { readWireError } from "../wire-error.ts";
import { isCommonAnswer } from "./common-answer.ts";
import type { ChatProfile } from "./profile.ts";
import { argumentsText, contentOf, stopReasonOf, usageOf } from "./values.ts";
import { parseCompletion, type WireCompletion, type WireMessage } from "./wire.ts";

/** What is known about an answer besides its body. */
export interface DecodeContext extends ErrorContext {
  readonly profile: ChatProfile;
  readonly requestId?: string;
  /** Translates an error told inside the answer. Default: `toLocusError`. */
  readonly mapError?: ErrorMapper;
  /** What could not be sent, to be told with the answer. */
  readonly warnings?: readonly string[];
}

/** The pieces of an answer, however they came. */
export interface Answer {
  readonly text: string;
  readonly reasoning: string;
  readonly refusal: string;
  readonly calls: readonly ToolCallPart[];
}

/**
 * The response in `body`, the parsed JSON of a 200.
 *
 * @throws ModelError where it is not a completion; a typed error where it is an error envelope.
 * @example
 * ```ts
 * import { DEFAULT_CHAT_PROFILE, decodeChatCompletion } from "@locus-sdk/openai";
 *
 * const response = decodeChatCompletion(
 *   { model: "m", choices: [{ message: { content: "Hi." }, finish_reason: "stop" }] },
 *   { provider: "openai", modelId: "m", profile: DEFAULT_CHAT_PROFILE },
 * );
 * response.stopReason; // "stop"
 * ```
 */
export function decodeChatCompletion(body: unknown, context: DecodeContext): ModelResponse {
  const { choices, model, usage, service_tier: serviceTier } = completionIn(body, context);
  const choice = choices.find((one) => one.index === undefined || one.index === 0) ?? choices[0];
  const warnings = [...(context.warnings ?? [])];
  const warn = (text: string): void => {
    warnings.push(text);
  };
  const answer = readMessage(choice?.message, context.profile);
  return deepFreeze({
    message: { role: "assistant", content: partsOf(answer) },
    usage: usageOf(usage ?? choice?.usage, warn),
    stopReason: stopReasonOf(choice?.finish_reason, answer.calls.length, { ...context, warn }),
    modelId: model ?? context.modelId,
    ...(serviceTier === undefined || serviceTier === null ? {} : { serviceTier }),
    ...(context.requestId === undefined ? {} : { requestId: context.requestId }),
    ...(warnings.length === 0 ? {} : { warnings }),
  } satisfies ModelResponse);
}

function completionIn(body: unknown, context: DecodeContext): WireCompletion {
  if (isCommonAnswer(body)) return body;
  const parsed = parseCompletion(body);
  if (!parsed.success) throw notACompletion(body, parsed.error.issues[0], context);
  return parsed.data;
}

/** An answer's parts, in one order for whole and streamed answers alike. */
export function partsOf(answer: Answer): AssistantPart[] {
  return [
    ...(answer.reasoning === "" ? [] : [{ type: "reasoning", text: answer.reasoning } as const]),
    ...(answer.text === "" ? [] : [{ type: "text", text: answer.text } as const]),
    ...(answer.refusal === "" ? [] : [{ type: "refusal", text: answer.refusal } as const]),
    ...answer.calls,
  ];
}

function readMessage(message: WireMessage | null | undefined, profile: ChatProfile): Answer {
  const { text, reasoning } = contentOf(message?.content);
  const calls = (message?.tool_calls ?? []).map((call): ToolCallPart => {
    const called = call.function ?? call;
    return {
      type: "tool_call",
      id: call.id ?? "",
      name: called.name ?? "",
      arguments: argumentsText(called.arguments, profile.doubleEncodedArguments),
    };
  });
  const legacy = message?.function_call;
  if (legacy !== undefined && legacy !== null && calls.length === 0) {
    calls.push({
      type: "tool_call",
      id: "",
      name: legacy.name ?? "",
      arguments: argumentsText(legacy.arguments, profile.doubleEncodedArguments),
    });
  }
  return {
    text,
    reasoning: message?.reasoning_content || message?.reasoning || reasoning,
    refusal: message?.refusal ?? "",
    calls,
  };
}

/** The error for a 200 that holds something else: an error envelope, or what nobody can read. */
function notACompletion(
  body: unknown,
  issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined,
  context: DecodeContext,
): Error {
  const answer = context.requestId === undefined ? {} : { requestId: context.requestId };
  if (isRecord(body) && body.choices === undefined) {
    const wire = readWireError(body);
    const { mapError = toLocusError } = context;
    if (wire.message !== undefined || wire.code !== undefined) {
      return mapError(new ReportedError(body, context.requestId), context);
    }
  }
  const where =
    issue === undefined ? "" : ` (${issue.path.map(String).join(".") || "the body"}: ${issue.message})`;
  const came = excerpt(
    typeof body === "string" ? body : (JSON.stringify(body) ?? "nothing"),
    context.secrets,
  );
  return new ModelError(
    `${context.provider} model "${context.modelId}" answered 200 with something that is not a chat completion${where}: ${came}`,
    {
      ...answer,
      code: "invalid_response",
      hint: "Check that the base URL is that of an OpenAI-compatible API.",
    },
  );
}
