/** A request of ours as the options of a call of the AI SDK. */
import type {
  JSONObject,
  LanguageModelV4CallOptions,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  SharedV4ProviderOptions,
} from "@ai-sdk/provider";
import {
  InvalidRequestError,
  type Message,
  type ModelRequest,
  type ModelSettings,
  type ToolChoice,
} from "@locus-sdk/core";
import { NAMESPACE } from "../metadata.ts";
import { type EncodedMessage, encodeMessage } from "./message.ts";
import type { Target } from "./target.ts";

/** What a request is encoded for. */
export interface CallTarget extends Target {
  readonly modelId: string;
  readonly version: "v3" | "v4";
  /** One of ours underneath, which reads the settings that the AI SDK has no word for. */
  readonly ours: boolean;
  readonly providerOptions: SharedV4ProviderOptions;
  /** A long history is encoded turn after turn: what cannot change any more is encoded once. */
  readonly known: WeakMap<Message, EncodedMessage>;
}

export interface EncodedCall {
  readonly options: LanguageModelV4CallOptions;
  readonly warnings: readonly string[];
}

/** @throws InvalidRequestError where the request has hosted tools. */
export function encodeCall(request: ModelRequest, target: CallTarget): EncodedCall {
  refuseHostedTools(request, target);
  const warnings = new Set<string>();
  const warn = (text: string): void => void warnings.add(text);
  const { tools = [], toolChoice, outputSchema, settings = {} } = request;
  if (outputSchema?.strict === false)
    warn("the AI SDK cannot be told that a schema is not strict: it was not sent");
  const named = namedSettings(settings, target, warn);
  const options: LanguageModelV4CallOptions = {
    prompt: encodePrompt(request.messages, target, warn),
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ name, description, parameters, strict }) => ({
            type: "function",
            name,
            description,
            inputSchema: parameters,
            ...(strict === undefined ? {} : { strict }),
          })),
        }),
    ...(tools.length === 0 || toolChoice === undefined ? {} : { toolChoice: choiceOf(toolChoice) }),
    ...(outputSchema === undefined
      ? {}
      : {
          responseFormat: {
            type: "json",
            schema: outputSchema.schema,
            name: outputSchema.name,
            ...(outputSchema.description === undefined ? {} : { description: outputSchema.description }),
          },
        }),
    ...named,
    providerOptions: providerOptionsOf(settings, target, warn),
  };
  return { options, warnings: [...warnings] };
}

/** Leaving them out would let the model answer as if it had looked. */
function refuseHostedTools({ hostedTools = [] }: ModelRequest, { modelId, provider }: CallTarget): void {
  const [first] = hostedTools;
  if (first === undefined) return;
  throw new InvalidRequestError(
    `model "${modelId}" of ${provider} cannot be given hosted tools, and "${first.name}" is one`,
    {
      code: "hosted_tools_unsupported",
      hint: "Leave the hosted tools out, or use a provider of Locus that runs them.",
    },
  );
}

function encodePrompt(
  messages: readonly Message[],
  target: CallTarget,
  warn: (text: string) => void,
): LanguageModelV4Prompt {
  const prompt: LanguageModelV4Message[] = [];
  for (const message of messages) {
    const { message: encoded, warnings } = encodeOnce(message, target);
    for (const warning of warnings) warn(warning);
    const last = prompt.at(-1);
    // The results of one turn are one message there.
    if (encoded.role === "tool" && last?.role === "tool") last.content.push(...encoded.content);
    else prompt.push(encoded.role === "tool" ? { ...encoded, content: [...encoded.content] } : encoded);
  }
  return prompt;
}

function encodeOnce(message: Message, target: CallTarget): EncodedMessage {
  if (!Object.isFrozen(message)) return encodeMessage(message, target);
  let encoded = target.known.get(message);
  if (encoded === undefined) {
    encoded = encodeMessage(message, target);
    target.known.set(message, encoded);
  }
  return encoded;
}

const choiceOf = (choice: ToolChoice): NonNullable<LanguageModelV4CallOptions["toolChoice"]> =>
  typeof choice === "string" ? { type: choice } : { type: "tool", toolName: choice.name };

function namedSettings(
  settings: ModelSettings,
  { version }: CallTarget,
  warn: (text: string) => void,
): Omit<LanguageModelV4CallOptions, "prompt"> {
  const { temperature, topP, topK, maxOutputTokens, stop, seed, frequencyPenalty, presencePenalty } =
    settings;
  const effort = settings.reasoning?.effort;
  if (version === "v3" && effort !== undefined) {
    warn('models of specification "v3" have no common word for the reasoning effort: it was not sent');
  }
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(topK === undefined ? {} : { topK }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(stop === undefined ? {} : { stopSequences: [...stop] }),
    ...(seed === undefined ? {} : { seed }),
    ...(frequencyPenalty === undefined ? {} : { frequencyPenalty }),
    ...(presencePenalty === undefined ? {} : { presencePenalty }),
    ...(effort === undefined || version === "v3" ? {} : { reasoning: effort }),
  };
}

/** Settings that the AI SDK leaves to each provider's own options. */
const UNNAMED = ["parallelToolCalls", "verbosity", "serviceTier", "extraBody"] as const;

function providerOptionsOf(
  settings: ModelSettings,
  { ours, providerOptions }: CallTarget,
  warn: (text: string) => void,
): SharedV4ProviderOptions {
  const own: JSONObject = {};
  const summary = settings.reasoning?.summary;
  if (summary !== undefined) own.reasoning = { summary };
  for (const name of UNNAMED) {
    const value = settings[name];
    if (value !== undefined) own[name] = value;
  }
  const unsent = Object.keys(own);
  if (unsent.length === 0) return providerOptions;
  if (ours) return { ...providerOptions, [NAMESPACE]: { ...providerOptions[NAMESPACE], ...own } };
  for (const name of unsent) {
    const setting = name === "reasoning" ? "reasoning.summary" : name;
    warn(
      `the AI SDK has no common word for ${setting}: it was not sent; \`providerOptions\` of the model may say it`,
    );
  }
  return providerOptions;
}
