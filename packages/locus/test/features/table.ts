/** The table of features by transports: each cell is tried, or says why it cannot be. */
import type { ModelCapabilities } from "@locus-sdk/core";
import type { Transport } from "./bench.ts";
import * as does from "./checks.ts";
import * as takes from "./input-checks.ts";
import * as binds from "./schema-checks.ts";

/** What is missing, why, and a check that it is said rather than lost. */
export interface Missing {
  readonly no: string;
  readonly check?: does.Check;
}
export type Cell = does.Check | Missing;

export interface Feature {
  readonly name: string;
  /** What the model itself says of it, where it says anything. */
  readonly capability?: Exclude<keyof ModelCapabilities, "structuredOutput" | "contextWindow">;
  readonly cells: Readonly<Record<Transport, Cell>>;
}

/** The same on every transport, but for some. */
const everywhere = (
  check: does.Check,
  but: Partial<Readonly<Record<Transport, Cell>>> = {},
): Feature["cells"] => ({
  "OpenAI chat": check,
  "OpenAI Responses": check,
  Anthropic: check,
  Ollama: check,
  "OCI chat": check,
  "OCI Responses": check,
  "OCI native": check,
  "OCI native, COHERE": check,
  "OCI dedicated": check,
  ...but,
});

const CHOICE = /"tool_choice":\{"type":"function","function":\{"name":"get_weather"\}\}/;
const RESPONSES_CHOICE = /"tool_choice":\{"type":"function","name":"get_weather"\}/;
const NATIVE_CHOICE = /"toolChoice":\{"type":"FUNCTION","name":"get_weather"\}/;
const SCHEMA = /"response_format":\{"type":"json_schema".*"city"/;
const RESPONSES_SCHEMA = /"text":\{"format":\{"type":"json_schema".*"city"/;
const NATIVE_SCHEMA = /"responseFormat":\{"type":"JSON_SCHEMA".*"city"/;
const STATE = /"previous_response_id":"/;

const NO_SEED: Missing = { no: "The API has no seed: a warning.", check: does.noSampling };
const NO_STATE: Missing = {
  no: "The API keeps nothing: each turn sends all of it.",
  check: does.noServerState,
};
const NO_HOSTED: Missing = { no: "The API runs no tools of its own: refused.", check: does.noHostedTools };
const NO_COUNT: Missing = { no: "The tokenizer is not public: estimated.", check: does.noTokenCount };
const NOT_SENT_BACK = "What was thought is kept in the thread, and the API takes none of it back.";

export const FEATURES: readonly Feature[] = [
  { name: "Chat", cells: everywhere(does.chat) },
  { name: "Streaming", capability: "streaming", cells: everywhere(does.streaming) },
  { name: "Tools", capability: "tools", cells: everywhere(does.tools) },
  { name: "Parallel calls", capability: "parallelToolCalls", cells: everywhere(does.parallelCalls) },
  {
    name: "Tool choice",
    cells: {
      "OpenAI chat": does.toolChoice(CHOICE),
      "OpenAI Responses": does.toolChoice(RESPONSES_CHOICE),
      Anthropic: does.toolChoice(/"tool_choice":\{"type":"tool","name":"get_weather"\}/),
      Ollama: { no: "The API has no choice: a warning, and the model chooses.", check: does.noToolChoice },
      "OCI chat": does.toolChoice(CHOICE),
      "OCI Responses": does.toolChoice(RESPONSES_CHOICE),
      "OCI native": does.toolChoice(NATIVE_CHOICE),
      "OCI native, COHERE": {
        no: "The format has no choice: a warning, and the model chooses.",
        check: does.noToolChoice,
      },
      "OCI dedicated": does.toolChoice(NATIVE_CHOICE),
    },
  },
  {
    name: "Arguments streamed",
    cells: everywhere(does.streamedArguments, {
      Ollama: { no: "The server sends a call whole." },
      "OCI native, COHERE": { no: "The format sends calls whole, at the end." },
      "OCI dedicated": { no: "A call that is written into the text is known at its end." },
    }),
  },
  {
    name: "Structured output",
    cells: {
      "OpenAI chat": binds.structuredOutput(SCHEMA),
      "OpenAI Responses": binds.structuredOutput(RESPONSES_SCHEMA),
      Anthropic: binds.structuredOutput(/"output_config":\{.*"type":"json_schema".*"city"/),
      Ollama: binds.structuredOutput(/"format":\{"type":"object".*"city"/),
      "OCI chat": binds.structuredOutput(SCHEMA),
      "OCI Responses": binds.structuredOutput(RESPONSES_SCHEMA),
      "OCI native": binds.structuredOutput(NATIVE_SCHEMA),
      "OCI native, COHERE": binds.structuredOutput(/"responseFormat":\{"type":"JSON_OBJECT".*"city"/),
      "OCI dedicated": binds.structuredOutput(NATIVE_SCHEMA),
    },
  },
  {
    name: "Structured output with tools",
    cells: everywhere(binds.structuredWithTools, {
      Ollama: {
        no: "Bound to a schema, the model calls no tools: a warning.",
        check: binds.noStructuredWithTools,
      },
      "OCI native, COHERE": {
        no: "The format has one or the other: a warning, and tools go first.",
        check: binds.noStructuredWithTools,
      },
    }),
  },
  {
    name: "Images",
    capability: "vision",
    cells: everywhere(takes.images, {
      "OCI native, COHERE": { no: "The format is of text alone: refused.", check: takes.noImages },
    }),
  },
  {
    name: "Documents",
    capability: "files",
    cells: everywhere(takes.documents, {
      Ollama: { no: "The server reads none: refused.", check: takes.noDocuments },
      "OCI native, COHERE": { no: "The format is of text alone: refused.", check: takes.noDocuments },
    }),
  },
  {
    name: "Audio",
    capability: "audio",
    cells: everywhere(takes.audio, {
      Anthropic: { no: "Claude hears none: refused.", check: takes.noAudio },
      Ollama: { no: "The server hears none: refused.", check: takes.noAudio },
      "OCI Responses": { no: "The service's GPT models hear none there: refused.", check: takes.noAudio },
      "OCI native, COHERE": { no: "The format is of text alone: refused.", check: takes.noAudio },
    }),
  },
  {
    name: "Reasoning, shown",
    capability: "reasoning",
    cells: everywhere(does.reasoning, {
      "OCI native, COHERE": { no: "The format has no reasoning." },
    }),
  },
  {
    name: "Reasoning, kept across turns",
    cells: {
      "OpenAI chat": {
        no: `${NOT_SENT_BACK} Servers that want it: [compatible servers](openai.md#compatible-servers).`,
      },
      "OpenAI Responses": does.keptReasoning(STATE),
      Anthropic: does.keptReasoning(/"type":"thinking","thinking":"Two cities.*"signature":"c2ln"/),
      Ollama: does.keptReasoning(/"thinking":"Two cities/),
      "OCI chat": { no: NOT_SENT_BACK },
      "OCI Responses": does.keptReasoning(STATE),
      "OCI native": { no: NOT_SENT_BACK },
      "OCI native, COHERE": { no: "The format has no reasoning." },
      "OCI dedicated": { no: NOT_SENT_BACK },
    },
  },
  { name: "Usage", cells: everywhere(does.usage) },
  {
    name: "Usage of prompt caches",
    cells: everywhere(does.cachedTokens, {
      Ollama: { no: "The server has no cache that it counts." },
    }),
  },
  {
    name: "Usage of reasoning",
    cells: everywhere(does.reasoningTokens, {
      Ollama: { no: "The server counts it with the rest." },
      "OCI native, COHERE": { no: "The format has no reasoning." },
    }),
  },
  { name: "Stop reason: limit", cells: everywhere(does.limit) },
  {
    name: "Stop reason: content filter",
    cells: everywhere(does.contentFilter, { Ollama: { no: "The server has no filter." } }),
  },
  {
    name: "Seed and penalties",
    cells: {
      "OpenAI chat": does.sampling(/"seed":4,"frequency_penalty":0.5/),
      "OpenAI Responses": NO_SEED,
      Anthropic: NO_SEED,
      Ollama: does.sampling(/"seed":4,.*"frequency_penalty":0.5|"frequency_penalty":0.5.*"seed":4/),
      "OCI chat": does.sampling(/"seed":4,"frequency_penalty":0.5/),
      "OCI Responses": NO_SEED,
      "OCI native": does.sampling(/"seed":4/),
      "OCI native, COHERE": does.sampling(/"seed":4/),
      "OCI dedicated": does.sampling(/"seed":4/),
    },
  },
  {
    name: "Conversations kept by the server",
    capability: "serverState",
    cells: everywhere(does.serverState, {
      "OpenAI chat": NO_STATE,
      Anthropic: NO_STATE,
      Ollama: NO_STATE,
      "OCI chat": NO_STATE,
      "OCI native": NO_STATE,
      "OCI native, COHERE": NO_STATE,
      "OCI dedicated": NO_STATE,
    }),
  },
  {
    name: "Hosted tools",
    cells: {
      "OpenAI chat": NO_HOSTED,
      "OpenAI Responses": does.hostedTools(/"type":"web_search"/),
      Anthropic: { no: "None of Anthropic's is offered: refused.", check: does.noHostedTools },
      Ollama: NO_HOSTED,
      "OCI chat": NO_HOSTED,
      "OCI Responses": does.hostedTools(/"type":"web_search"/),
      // Web search alone.
      "OCI native": does.hostedTools(/"webSearchOptions":/),
      "OCI native, COHERE": NO_HOSTED,
      "OCI dedicated": does.hostedTools(/"webSearchOptions":/),
    },
  },
  {
    name: "Tokens counted before a call",
    cells: everywhere(does.tokenCount, {
      Anthropic: NO_COUNT,
      Ollama: { no: "The server does not count without answering: estimated.", check: does.noTokenCount },
      "OCI chat": NO_COUNT,
      "OCI native": NO_COUNT,
      "OCI native, COHERE": NO_COUNT,
      "OCI dedicated": NO_COUNT,
    }),
  },
  { name: "Cancelling in the midst", cells: everywhere(does.cancelling) },
];
