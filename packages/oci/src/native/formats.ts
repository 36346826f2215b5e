/** Which body format a request of the native API has: a table by model, and the images that only one format takes. */
import { ConfigurationError, type ModelRequest } from "@locus-sdk/core";
import { type ApiFormat, explainRoute } from "../routing.ts";
import type { NativeCodec } from "./codec.ts";
import { cohereCodec } from "./cohere/index.ts";
import { cohereV2Codec } from "./cohere-v2/index.ts";
import { hasImages } from "./conversation.ts";
import { genericCodec } from "./generic/index.ts";
import type { CheckedNativeOptions, NativeChatOptions } from "./options.ts";

export const CODECS: Readonly<Record<ApiFormat, NativeCodec>> = {
  GENERIC: genericCodec,
  COHERE: cohereCodec,
  COHEREV2: cohereV2Codec,
};

/** The format of a model's requests, and whether images change it. */
export interface FormatChoice {
  readonly format: ApiFormat;
  /** The first Cohere format has no images: where the option does not insist on it, the second takes over. */
  readonly imageFormat: ApiFormat;
  /** Whether images that were shown to another model, earlier in the conversation, are left out instead. */
  readonly leavesOldImages: boolean;
}

/** Models of the first Cohere format that are not known to see: the server decides about an image that is meant for them. */
const NOT_KNOWN_TO_SEE = /^cohere\.command-r/i;

/**
 * The format for a model: the option, the model behind the OCID, the routing table, `GENERIC`.
 *
 * @throws ConfigurationError for ids that are no chat models or are not served by the native API.
 */
export function chooseFormat(
  modelId: string,
  { apiFormat, baseModel }: Pick<NativeChatOptions, "apiFormat" | "baseModel">,
): FormatChoice {
  const route = explainRoute(baseModel ?? modelId, { transport: "sdk", env: {} });
  const format = apiFormat ?? route.apiFormat ?? "GENERIC";
  return {
    format,
    imageFormat: apiFormat === undefined && format === "COHERE" ? "COHEREV2" : format,
    leavesOldImages: NOT_KNOWN_TO_SEE.test(baseModel ?? modelId),
  };
}

/** Options that mean something in some formats only. */
const OPTION_FORMATS: readonly (readonly [option: keyof NativeChatOptions, formats: readonly ApiFormat[]])[] =
  [
    ["documents", ["COHERE", "COHEREV2"]],
    ["safetyMode", ["COHERE", "COHEREV2"]],
    ["citationQuality", ["COHERE", "COHEREV2"]],
    ["thinkingTokenBudget", ["COHEREV2"]],
  ];

/** @throws ConfigurationError for an option that no request of this model would carry. */
export function refuseIdleOptions(
  options: CheckedNativeOptions,
  { format, imageFormat }: FormatChoice,
): void {
  for (const [option, formats] of OPTION_FORMATS) {
    if (options[option] === undefined || formats.includes(format) || formats.includes(imageFormat)) continue;
    throw new ConfigurationError(
      `OCI option "${option}" means nothing in the format ${format} of this model`,
      {
        hint: `It belongs to ${formats.join(" and ")}. Leave it out, or choose the format by \`apiFormat\`.`,
      },
    );
  }
}

/** The codec for one request. */
export function codecFor(
  { format, imageFormat, leavesOldImages }: FormatChoice,
  { messages }: ModelRequest,
): NativeCodec {
  if (format === imageFormat) return CODECS[format];
  const asked = messages.findLastIndex(({ role }) => role === "user");
  return CODECS[hasImages(leavesOldImages ? messages.slice(asked) : messages) ? imageFormat : format];
}
