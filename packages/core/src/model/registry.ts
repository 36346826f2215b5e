/** Which provider serves which prefix of a model string. Loading a provider's SDK waits for its first model. */
import { ConfigurationError } from "../errors/errors.ts";
import { didYouMean } from "../text/nearest.ts";
import type { ChatModel } from "./types.ts";

/** Options of a model, passed to its provider as they are. */
export type ModelOptions = Readonly<Record<string, unknown>>;
/** Makes a model from what follows the prefix. */
export type ModelFactory = (modelId: string, options: ModelOptions) => ChatModel | Promise<ChatModel>;
/** Brings a provider in; called at most once, when its first model is wanted. */
export type ProviderLoader = () => Promise<ModelFactory>;

const providers = new Map<string, ProviderLoader>();

/**
 * Makes `"<prefix>:<model id>"` name a model. Registering a prefix again replaces its loader.
 *
 * @example
 * ```ts
 * import { registerProvider } from "@locus-sdk/core";
 * import { ScriptedModel } from "@locus-sdk/core/testing";
 *
 * registerProvider("scripted", async () => (modelId) => new ScriptedModel(["Hello."], { modelId }));
 * ```
 * @throws ConfigurationError when the prefix is not a name (letters, digits, `-`, `_`, `.`).
 */
export function registerProvider(prefix: string, loader: ProviderLoader): void {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(prefix)) {
    throw new ConfigurationError(
      `"${prefix}" cannot be a provider prefix; expected letters, digits, "-", "_" or "."`,
    );
  }
  let loaded: Promise<ModelFactory> | undefined;
  providers.set(prefix.toLowerCase(), () => {
    loaded ??= loader().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  });
}

/** The registered prefixes, sorted. */
export function listProviders(): readonly string[] {
  return [...providers.keys()].sort();
}

/** A model string, taken apart. */
export interface ModelName {
  readonly prefix: string;
  readonly modelId: string;
}

/**
 * Takes `"oci:openai.gpt-oss-120b"` apart at its first colon and checks that the prefix is registered.
 *
 * @throws ConfigurationError naming the registered providers, and the nearest one.
 */
export function parseModelName(name: string): ModelName {
  const colon = name.indexOf(":");
  const known = listProviders();
  const list = known.length === 0 ? "none is registered" : known.map((prefix) => `"${prefix}:"`).join(", ");
  if (colon < 1 || colon === name.length - 1) {
    throw new ConfigurationError(`"${name}" is not a model name: expected "<provider>:<model id>"`, {
      hint: `Providers: ${list}. For example "oci:openai.gpt-oss-120b".`,
    });
  }
  const prefix = name.slice(0, colon).toLowerCase();
  if (!providers.has(prefix)) {
    throw new ConfigurationError(
      `no provider is registered for "${prefix}:" (in "${name}")${didYouMean(prefix, known)}`,
      { hint: `Providers: ${list}. Others are added with registerProvider().` },
    );
  }
  return { prefix, modelId: name.slice(colon + 1) };
}

/**
 * The model of that name, its provider's SDK loaded if it was not yet.
 *
 * @throws ConfigurationError for an unknown provider or unusable options.
 * @example
 * ```ts
 * import { getModel } from "locus-sdk";
 *
 * const model = await getModel("oci:openai.gpt-oss-120b", { region: "us-chicago-1" });
 * ```
 */
export async function getModel(name: string, options: ModelOptions = {}): Promise<ChatModel> {
  const { prefix, modelId } = parseModelName(name);
  const loader = providers.get(prefix);
  if (loader === undefined) throw new ConfigurationError(`no provider is registered for "${prefix}:"`);
  const factory = await loader();
  return factory(modelId, options);
}
