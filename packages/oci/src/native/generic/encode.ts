/** A model request as a `GENERIC` `chatRequest`. Pure: the same request gives the same body. */
import {
  fitSchema,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type ModelRequest,
  type ModelSettings,
  type ToolDefinition,
} from "@locus-sdk/core";
import type { ChatParameter, ChatProfile } from "@locus-sdk/openai";
import type { EncodedNativeRequest, EncodeTarget } from "../codec.ts";
import { refuseHostedTools, toldTo } from "../conversation.ts";
import { nativeName } from "../parameters.ts";
import { encodeMessages } from "./encode-messages.ts";

type Warn = (text: string) => void;

/** The body of `request`. Nothing that was not asked for is set, and `extraBody` has nearly the last word. */
export function encodeGeneric(
  request: ModelRequest,
  { modelId, profile, stream }: EncodeTarget,
): EncodedNativeRequest {
  refuseHostedTools(request, ["web_search"], "GENERIC");
  const lost = new Set<string>();
  const warn = (text: string): void => void lost.add(text);
  const settings = request.settings ?? {};
  const chatRequest: JsonObject = {
    messages: encodeMessages(toldTo(modelId, request.messages, warn), profile, warn),
    ...encodeSettings(settings, (request.tools ?? []).length > 0, profile, warn),
    ...encodeTools(request, profile, warn),
    ...encodeOutputSchema(request, profile, warn),
    ...encodeWebSearch(request),
    ...(stream && !profile.unsupported.includes("stream_options")
      ? { streamOptions: { isIncludeUsage: true } }
      : {}),
    ...settings.extraBody,
    apiFormat: "GENERIC",
    isStream: stream,
  };
  return { chatRequest, warnings: [...lost] };
}

/** Settings whose values go over as they are. */
const PLAIN: readonly (readonly [
  setting: "temperature" | "topP" | "topK" | "stop" | "seed" | "frequencyPenalty" | "presencePenalty",
  parameter: ChatParameter,
])[] = [
  ["temperature", "temperature"],
  ["topP", "top_p"],
  ["topK", "top_k"],
  ["stop", "stop"],
  ["seed", "seed"],
  ["frequencyPenalty", "frequency_penalty"],
  ["presencePenalty", "presence_penalty"],
];
/** The efforts this format has; the one above them is sent as its highest. */
const EFFORTS: readonly string[] = ["NONE", "MINIMAL", "LOW", "MEDIUM", "HIGH"];

function encodeSettings(
  settings: ModelSettings,
  hasTools: boolean,
  profile: ChatProfile,
  warn: Warn,
): JsonObject {
  const asked = new Map<ChatParameter, JsonValue>();
  for (const [setting, parameter] of PLAIN) {
    const value = settings[setting];
    if (value !== undefined) asked.set(parameter, value);
  }
  // Without tools the parameter means nothing, and servers refuse it.
  if (settings.parallelToolCalls !== undefined && hasTools) {
    asked.set("parallel_tool_calls", settings.parallelToolCalls);
  }
  const effort = settings.reasoning?.effort?.toUpperCase();
  if (effort !== undefined) {
    if (!EFFORTS.includes(effort))
      warn(
        `the native API has no reasoning effort "${settings.reasoning?.effort}", only ${EFFORTS.join(", ").toLowerCase()}: "high" was sent`,
      );
    asked.set("reasoning_effort", EFFORTS.includes(effort) ? effort : "HIGH");
  }
  if (settings.reasoning?.summary !== undefined) {
    warn("the native API gives no reasoning summaries: the setting was not sent");
  }
  if (settings.verbosity !== undefined) asked.set("verbosity", settings.verbosity.toUpperCase());
  if (settings.serviceTier !== undefined) asked.set("service_tier", settings.serviceTier.toUpperCase());
  const sent: Record<string, JsonValue> = {};
  for (const [parameter, value] of asked) {
    const name = nativeName(parameter);
    if (!profile.unsupported.includes(parameter)) sent[name] = value;
    else warn(`models of the family "${profile.name}" take no ${name}: it was not sent`);
  }
  if (settings.maxOutputTokens !== undefined)
    sent[nativeName(profile.maxTokensField)] = settings.maxOutputTokens;
  return sent;
}

function encodeTools(request: ModelRequest, profile: ChatProfile, warn: Warn): JsonObject {
  const tools = request.tools ?? [];
  // A choice among no tools means nothing, and servers refuse it.
  if (tools.length === 0) return {};
  const choice = request.toolChoice;
  return {
    tools: tools.map((tool) => encodeTool(tool, profile, warn)),
    ...(choice === undefined
      ? {}
      : {
          toolChoice:
            typeof choice === "string"
              ? { type: choice.toUpperCase() }
              : { type: "FUNCTION", name: choice.name },
        }),
  };
}

/** Flat: the members of the function stand beside its type, never in a `function` of their own. */
function encodeTool(tool: ToolDefinition, profile: ChatProfile, warn: Warn): JsonObject {
  const shown = { schema: tool.parameters };
  const { schema, warnings } = fitSchema(`tool "${tool.name}"`, shown, profile.toolSchema);
  warnings.forEach(warn);
  return { type: "FUNCTION", name: tool.name, description: tool.description, parameters: schema };
}

function encodeOutputSchema(request: ModelRequest, profile: ChatProfile, warn: Warn): JsonObject {
  const output = request.outputSchema;
  if (output === undefined) return {};
  const owner = `output schema "${output.name}"`;
  const { schema, strict, warnings } = fitSchema(owner, output, profile.outputSchema);
  warnings.forEach(warn);
  return {
    responseFormat: {
      type: "JSON_SCHEMA",
      jsonSchema: {
        name: output.name,
        ...(output.description === undefined ? {} : { description: output.description }),
        schema,
        ...(strict === undefined ? {} : { isStrict: strict }),
      },
    },
  };
}

/** The one hosted tool of the native API; its options are the provider's own. */
/** `hostedTool.webSearch()` speaks the Responses API's names; this API has its own, and upper-case levels. */
function encodeWebSearch(request: ModelRequest): JsonObject {
  const search = (request.hostedTools ?? []).find(({ hosted }) => hosted === "web_search");
  if (search === undefined) return {};
  const { search_context_size: size, user_location: location, ...rest } = search.options;
  const { type: _approximate, ...place } = isJsonObject(location) ? location : {};
  return {
    webSearchOptions: {
      ...rest,
      ...(typeof size === "string" ? { searchContextSize: size.toUpperCase() } : {}),
      ...(Object.keys(place).length === 0 ? {} : { userLocation: place }),
    },
  };
}
