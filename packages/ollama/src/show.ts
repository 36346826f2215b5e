/** What the server knows about a model. */
import type { ModelCapabilities } from "@locus-sdk/core";
import { z } from "zod";

/** What `show()` tells; what the server does not say is absent. */
export interface OllamaModelInfo {
  /** What the model can do, in the server's words: `completion`, `tools`, `vision`, `thinking`, … */
  readonly capabilities?: readonly string[];
  /** Tokens of context that the model was made for. The server makes room for as many as `num_ctx` says. */
  readonly contextLength?: number;
  /** `num_ctx` in the model's own parameters. */
  readonly numCtx?: number;
  readonly family?: string;
  /** For example `8.2B`. */
  readonly parameterSize?: string;
  /** For example `Q4_K_M`. */
  readonly quantization?: string;
}

const text = z.string().min(1).optional().catch(undefined);

const answerSchema = z.object({
  capabilities: z.array(z.string()).optional().catch(undefined),
  model_info: z.record(z.string(), z.unknown()).catch({}),
  parameters: z.string().catch(""),
  details: z.object({ family: text, parameter_size: text, quantization_level: text }).catch({}),
});

/** The answer to `POST /api/show`, read leniently. */
export function readModelInfo(answer: unknown): OllamaModelInfo {
  const { capabilities, model_info, parameters, details } = answerSchema.parse(answer);
  // Named by the architecture: "llama.context_length".
  const [, contextLength] =
    Object.entries(model_info).find(([name]) => /^[\w-]+\.context_length$/.test(name)) ?? [];
  const numCtx = /^num_ctx\s+(\d+)\s*$/m.exec(parameters)?.[1];
  const { family, parameter_size: parameterSize, quantization_level: quantization } = details;
  return Object.freeze({
    ...(capabilities === undefined ? {} : { capabilities: Object.freeze(capabilities) }),
    ...(typeof contextLength === "number" ? { contextLength } : {}),
    ...(numCtx === undefined ? {} : { numCtx: Number(numCtx) }),
    ...(family === undefined ? {} : { family }),
    ...(parameterSize === undefined ? {} : { parameterSize }),
    ...(quantization === undefined ? {} : { quantization }),
  });
}

/** What of a model's capabilities is known from its options alone: the server has not been asked. */
export function capabilitiesOf(options: {
  readonly numCtx?: number | undefined;
  readonly think?: unknown;
}): ModelCapabilities {
  return {
    tools: true,
    parallelToolCalls: true,
    structuredOutput: "schema",
    // Bound to a schema, it can write nothing else, and so no call.
    structuredOutputWithTools: false,
    vision: true,
    files: false,
    audio: false,
    reasoning: options.think !== false,
    streaming: true,
    serverState: false,
    ...(options.numCtx === undefined ? {} : { contextWindow: options.numCtx }),
  };
}

/**
 * The same with what the server says. The context is the smaller of what is asked for and what the model was made for;
 * where nobody asks for a size, what the model was made for.
 */
export function learned(known: ModelCapabilities, info: OllamaModelInfo): ModelCapabilities {
  const can = info.capabilities;
  const sizes = [known.contextWindow ?? info.numCtx, info.contextLength].filter((size) => size !== undefined);
  return {
    ...known,
    ...(can === undefined
      ? {}
      : {
          tools: can.includes("tools"),
          parallelToolCalls: can.includes("tools"),
          vision: can.includes("vision"),
          reasoning: known.reasoning && can.includes("thinking"),
        }),
    ...(sizes.length === 0 ? {} : { contextWindow: Math.min(...sizes) }),
  };
}
