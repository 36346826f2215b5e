/** A model request as a `COHEREV2` `chatRequest`, the second Cohere format. Pure. */
import type { JsonObject, ModelRequest } from "@locus-sdk/core";
import type { EncodedNativeRequest, EncodeTarget } from "../codec.ts";
import { COHERE_PARAMETERS, encodeOutputSchema, warnOfMissing } from "../cohere/encode.ts";
import { refuseHostedTools, toldTo } from "../conversation.ts";
import { namedSettings } from "../parameters.ts";
import { encodeMessages } from "./encode-messages.ts";

type Warn = (text: string) => void;

/** Models of this format that think; the others refuse the parameter. */
export const THINKS: RegExp = /reasoning/i;

/** The body of `request`. */
export function encodeCohereV2(request: ModelRequest, target: EncodeTarget): EncodedNativeRequest {
  refuseHostedTools(request, [], "COHEREV2");
  const { stream, options } = target;
  const lost = new Set<string>();
  const warn = (text: string): void => void lost.add(text);
  const settings = request.settings ?? {};
  warnOfMissing(settings, "COHEREV2", warn);
  const tools = encodeTools(request);
  const chatRequest: JsonObject = {
    messages: encodeMessages(toldTo(target.modelId, request.messages, warn), {
      thinks: canThink(target),
      sees: !THINKS.test(options.baseModel ?? target.modelId),
      warn,
    }),
    ...namedSettings(settings, COHERE_PARAMETERS),
    ...tools,
    ...encodeThinking(request, target, warn),
    ...encodeOutputSchema(request, tools.tools !== undefined, "COHEREV2", warn),
    ...(options.documents === undefined ? {} : { documents: options.documents }),
    ...(options.safetyMode === undefined ? {} : { safetyMode: options.safetyMode }),
    ...(options.citationQuality === undefined ? {} : { citationOptions: { mode: options.citationQuality } }),
    ...(stream ? { streamOptions: { isIncludeUsage: true } } : {}),
    ...settings.extraBody,
    apiFormat: "COHEREV2",
    isStream: stream,
  };
  return { chatRequest, warnings: [...lost] };
}

const canThink = ({ modelId, options }: EncodeTarget): boolean =>
  THINKS.test(options.baseModel ?? modelId) || options.thinkingTokenBudget !== undefined;

/** Nested, unlike in `GENERIC`, and chosen by `toolsChoice`, with an s. */
function encodeTools({ tools = [], toolChoice }: ModelRequest): JsonObject {
  if (tools.length === 0) return {};
  const offered =
    typeof toolChoice === "object" ? tools.filter(({ name }) => name === toolChoice.name) : tools;
  const must = toolChoice === "required" || typeof toolChoice === "object";
  return {
    tools: offered.map(({ name, description, parameters }) => ({
      type: "FUNCTION",
      function: { name, description, parameters },
    })),
    ...(must ? { toolsChoice: "REQUIRED" } : toolChoice === "none" ? { toolsChoice: "NONE" } : {}),
    ...(offered.some(({ strict }) => strict === true) ? { isStrictToolsEnabled: true } : {}),
  };
}

function encodeThinking(request: ModelRequest, target: EncodeTarget, warn: Warn): JsonObject {
  const reasoning = request.settings?.reasoning;
  const budget = target.options.thinkingTokenBudget;
  if (reasoning?.summary !== undefined)
    warn("the native API gives no reasoning summaries: the setting was not sent");
  const { effort } = reasoning ?? {};
  if (effort === undefined && budget === undefined) return {};
  if (!canThink(target)) {
    if (effort !== "none")
      warn(`"${target.modelId}" does not think: reasoning effort "${effort}" was not sent`);
    return {};
  }
  if (effort === "none") return { thinking: { type: "DISABLED" } };
  if (effort !== undefined && effort !== "high" && budget === undefined)
    warn(`the format COHEREV2 has no levels of thinking: for reasoning effort "${effort}" it was turned on`);
  return { thinking: { type: "ENABLED", ...(budget === undefined ? {} : { tokenBudget: budget }) } };
}
