/** Tools that run on the provider's side: declared here, visible as `hosted_tool` events. */
import { deepFreeze, type JsonObject } from "../json/json.ts";
import type { HostedToolDefinition } from "../model/types.ts";

/** An MCP server that the provider talks to. */
export interface HostedMcpOptions {
  /** Names the server in events and approvals. */
  readonly label: string;
  /** Streamable HTTP endpoint, reachable from the provider. */
  readonly url: string;
  readonly description?: string;
  /** Tools that may be used. Default: all. */
  readonly allowedTools?: readonly string[];
  /** `"always"` (default) asks a person before each call, as an interrupt. */
  readonly requireApproval?: "always" | "never";
  /** Sent by the provider to the server. */
  readonly authorization?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Declares tools of the provider's own. They need a transport that has them, such as OCI's Responses API.
 *
 * @example
 * ```ts
 * import { Agent, hostedTool } from "locus-sdk";
 *
 * const agent = new Agent({
 *   model: "oci:openai.gpt-oss-120b",
 *   modelOptions: { transport: "responses" },
 *   tools: [hostedTool.fileSearch({ vectorStoreIds: ["vs_123"] })],
 * });
 * ```
 */
export const hostedTool: {
  readonly fileSearch: (options: {
    readonly vectorStoreIds: readonly string[];
    readonly maxResults?: number;
  }) => HostedToolDefinition;
  readonly codeInterpreter: (options?: {
    readonly container?:
      | string
      | { readonly memoryLimit?: "1g" | "4g" | "16g" | "64g"; readonly fileIds?: readonly string[] };
  }) => HostedToolDefinition;
  readonly mcp: (options: HostedMcpOptions) => HostedToolDefinition;
  readonly webSearch: (options?: {
    readonly contextSize?: "low" | "medium" | "high";
    readonly country?: string;
  }) => HostedToolDefinition;
  readonly imageGeneration: (options?: JsonObject) => HostedToolDefinition;
} = {
  fileSearch: ({ vectorStoreIds, maxResults }) =>
    make("file_search", {
      vector_store_ids: vectorStoreIds,
      ...(maxResults === undefined ? {} : { max_num_results: maxResults }),
    }),
  codeInterpreter: ({ container = {} } = {}) => {
    if (typeof container === "string") return make("code_interpreter", { container });
    const { memoryLimit, fileIds } = container;
    return make("code_interpreter", {
      container: {
        type: "auto",
        ...(memoryLimit === undefined ? {} : { memory_limit: memoryLimit }),
        ...(fileIds === undefined ? {} : { file_ids: fileIds }),
      },
    });
  },
  mcp: ({ label, url, description, allowedTools, requireApproval = "always", authorization, headers }) =>
    make(
      "mcp",
      {
        server_label: label,
        server_url: url,
        require_approval: requireApproval,
        ...(description === undefined ? {} : { server_description: description }),
        ...(allowedTools === undefined ? {} : { allowed_tools: allowedTools }),
        ...(authorization === undefined ? {} : { authorization }),
        ...(headers === undefined ? {} : { headers }),
      },
      `mcp:${label}`,
    ),
  webSearch: ({ contextSize, country } = {}) =>
    make("web_search", {
      ...(contextSize === undefined ? {} : { search_context_size: contextSize }),
      ...(country === undefined ? {} : { user_location: { type: "approximate", country } }),
    }),
  imageGeneration: (options = {}) => make("image_generation", options),
};

function make(
  hosted: HostedToolDefinition["hosted"],
  options: JsonObject,
  name: string = hosted,
): HostedToolDefinition {
  return deepFreeze({ hosted, name, options });
}

export function isHostedTool(tool: object): tool is HostedToolDefinition {
  return "hosted" in tool && typeof tool.hosted === "string";
}
