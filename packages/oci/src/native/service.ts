/** The way to operations that are not chat: their options, checked, as an exchange. */
import { ConfigurationError } from "@locus-sdk/core";
import type { OciModelOptions, OciOptions } from "../config/options.ts";
import { resolveOciConfig } from "../config/resolve.ts";
import { modelIdOf } from "../routing.ts";
import { NativeExchange } from "./exchange.ts";

/**
 * The exchange for a model named in `options`.
 *
 * @param more names of options that the caller understands itself
 */
export function exchangeFor(options: OciModelOptions, more: readonly string[] = []): NativeExchange {
  const modelId = modelIdOf(options.model);
  if (modelId === "") {
    throw new ConfigurationError("an OCI model needs an id", { hint: 'For example "cohere.embed-v4.0".' });
  }
  return serviceExchange(modelId, options, more);
}

/** The exchange for a service that needs no model; `name` stands for it in messages. */
export function serviceExchange(
  name: string,
  options: OciOptions,
  more: readonly string[] = [],
): NativeExchange {
  return new NativeExchange(name, () =>
    resolveOciConfig({ ...options, model: name, transport: "sdk" }, more),
  );
}
