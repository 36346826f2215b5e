/** A model request as a `COHERE` `chatRequest`, the first Cohere format. Pure. */
import type { JsonObject, Message, ModelRequest, ModelSettings, ToolDefinition } from "@locus-sdk/core";
import type { EncodedNativeRequest, EncodeTarget } from "../codec.ts";
import { refuseHostedTools, toldTo } from "../conversation.ts";
import { namedSettings, type ParameterRow } from "../parameters.ts";
import { encodeConversation } from "./encode-messages.ts";
import { encodeTool } from "./tools.ts";

type Warn = (text: string) => void;

/** Both Cohere formats call the sampling parameters by these names. */
export const COHERE_PARAMETERS: readonly ParameterRow[] = [
  ["temperature", "temperature"],
  ["topP", "topP"],
  ["topK", "topK"],
  ["maxOutputTokens", "maxTokens"],
  ["stop", "stopSequences"],
  ["seed", "seed"],
  ["frequencyPenalty", "frequencyPenalty"],
  ["presencePenalty", "presencePenalty"],
];

/** The body of `request`. */
export function encodeCohere(
  request: ModelRequest,
  { modelId, stream, options }: EncodeTarget,
): EncodedNativeRequest {
  refuseHostedTools(request, [], "COHERE");
  const lost = new Set<string>();
  const warn = (text: string): void => void lost.add(text);
  const settings = request.settings ?? {};
  warnOfMissing(settings, "COHERE", warn);
  if (settings.reasoning !== undefined) warn("the format COHERE has no reasoning: the setting was not sent");
  if (options.citationQuality === "OFF")
    warn('the format COHERE knows no citationQuality "OFF": it was not sent');
  const conversation = encodeConversation(toldTo(modelId, request.messages, warn), warn);
  const answering = conversation.toolResults !== undefined;
  const { tools, lastStep } = encodeTools(request, answering, warn);
  const chatRequest: JsonObject = {
    ...conversation,
    ...namedSettings(settings, COHERE_PARAMETERS),
    ...(tools.length === 0 ? {} : { tools }),
    // Otherwise the model may call again: an agent's next step.
    ...(lastStep ? { isForceSingleStep: true } : {}),
    ...encodeOutputSchema(request, tools.length > 0, "COHERE", warn),
    ...(options.documents === undefined ? {} : { documents: options.documents }),
    ...(options.safetyMode === undefined ? {} : { safetyMode: options.safetyMode }),
    ...(options.citationQuality === undefined || options.citationQuality === "OFF"
      ? {}
      : { citationQuality: options.citationQuality }),
    ...(stream ? { streamOptions: { isIncludeUsage: true } } : {}),
    ...settings.extraBody,
    apiFormat: "COHERE",
    isStream: stream,
  };
  return { chatRequest, warnings: [...lost] };
}

interface OfferedTools {
  readonly tools: readonly JsonObject[];
  /** The model is to answer from the results it is given, and not to call again. */
  readonly lastStep: boolean;
}

/**
 * This format has no choice of tools: what can be said of it is said by the tools sent. Results are refused without
 * tools, so where no more calls are wanted the tools stay, and the step is said to be the last.
 */
function encodeTools(request: ModelRequest, answering: boolean, warn: Warn): OfferedTools {
  const { tools = [], toolChoice } = request;
  if (toolChoice === "required")
    warn("the format COHERE cannot require a tool call: the choice was not sent");
  if (typeof toolChoice === "object") {
    warn(`the format COHERE cannot require a tool call: only "${toolChoice.name}" was offered`);
  }
  const unwanted = toolChoice === "none" || tools.length === 0;
  if (unwanted && !answering) return { tools: [], lastStep: false };
  const offered =
    typeof toolChoice === "object" ? tools.filter(({ name }) => name === toolChoice.name) : tools;
  const known = tools.length === 0 ? calledTools(request.messages) : offered;
  return { tools: known.map((tool) => encodeTool(tool, warn)), lastStep: unwanted };
}

/** Stand-ins for tools that are offered no more, but whose results are being told. */
function calledTools(messages: readonly Message[]): readonly ToolDefinition[] {
  const names = new Set(messages.flatMap((message) => (message.role === "tool" ? [message.name] : [])));
  return [...names].map((name) => ({ name, description: "Not available any more.", parameters: {} }));
}

/** An answer bound to a schema, which Cohere models give only where they have no tools. */
export function encodeOutputSchema(
  request: ModelRequest,
  hasTools: boolean,
  format: string,
  warn: Warn,
): JsonObject {
  const output = request.outputSchema;
  if (output === undefined) return {};
  if (!hasTools) return { responseFormat: { type: "JSON_OBJECT", schema: output.schema } };
  warn(`the format ${format} binds no answer to a schema beside tools: "${output.name}" was not sent`);
  return {};
}

/** Settings that neither Cohere format has. */
export function warnOfMissing(settings: ModelSettings, format: string, warn: Warn): void {
  for (const setting of ["verbosity", "serviceTier"] as const) {
    if (settings[setting] !== undefined) warn(`the format ${format} has no ${setting}: it was not sent`);
  }
  if (settings.parallelToolCalls === false) {
    warn(`the format ${format} cannot keep a model to one tool call: the setting was not sent`);
  }
}
