/** Names and values of the GenAI semantic conventions that are used here; a test holds them against the registry. */

export const ATTRIBUTE = {
  operation: "gen_ai.operation.name",
  provider: "gen_ai.provider.name",
  agent: "gen_ai.agent.name",
  conversation: "gen_ai.conversation.id",
  requestModel: "gen_ai.request.model",
  temperature: "gen_ai.request.temperature",
  topP: "gen_ai.request.top_p",
  topK: "gen_ai.request.top_k",
  maxTokens: "gen_ai.request.max_tokens",
  stopSequences: "gen_ai.request.stop_sequences",
  seed: "gen_ai.request.seed",
  frequencyPenalty: "gen_ai.request.frequency_penalty",
  presencePenalty: "gen_ai.request.presence_penalty",
  stream: "gen_ai.request.stream",
  outputType: "gen_ai.output.type",
  responseModel: "gen_ai.response.model",
  responseId: "gen_ai.response.id",
  finishReasons: "gen_ai.response.finish_reasons",
  timeToFirstChunk: "gen_ai.response.time_to_first_chunk",
  inputTokens: "gen_ai.usage.input_tokens",
  outputTokens: "gen_ai.usage.output_tokens",
  cacheReadTokens: "gen_ai.usage.cache_read.input_tokens",
  cacheWriteTokens: "gen_ai.usage.cache_creation.input_tokens",
  reasoningTokens: "gen_ai.usage.reasoning.output_tokens",
  tokenType: "gen_ai.token.type",
  tool: "gen_ai.tool.name",
  toolCall: "gen_ai.tool.call.id",
  toolType: "gen_ai.tool.type",
  toolDescription: "gen_ai.tool.description",
  toolArguments: "gen_ai.tool.call.arguments",
  toolResult: "gen_ai.tool.call.result",
  systemInstructions: "gen_ai.system_instructions",
  inputMessages: "gen_ai.input.messages",
  outputMessages: "gen_ai.output.messages",
  errorType: "error.type",
} as const;

export const METRIC = {
  tokens: "gen_ai.client.token.usage",
  chat: "gen_ai.client.operation.duration",
  agent: "gen_ai.invoke_agent.duration",
  tool: "gen_ai.execute_tool.duration",
  firstChunk: "gen_ai.client.operation.time_to_first_chunk",
} as const;

/** Values of `gen_ai.operation.name`. */
export type Operation = "invoke_agent" | "chat" | "execute_tool";

/** Stands for the name of a tool that there is not: a model may think of any number of them, and of any words. */
export const NO_TOOL = "unknown";

/** Where the conventions have a value of their own for a provider, by its name here. Others are told by their names here. */
const PROVIDERS: Readonly<Record<string, string>> = {
  // No well-known value; made like those of the other clouds.
  oci: "oci.generative_ai",
  mistral: "mistral_ai",
  xai: "x_ai",
  gemini: "gcp.gemini",
  google: "gcp.gen_ai",
  "google.generative-ai": "gcp.gemini",
  vertex: "gcp.vertex_ai",
  bedrock: "aws.bedrock",
  "amazon-bedrock": "aws.bedrock",
  azure: "azure.ai.openai",
  watsonx: "ibm.watsonx.ai",
};

export function providerName(provider: string): string {
  return PROVIDERS[provider] ?? provider;
}
