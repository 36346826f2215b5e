/** The `oci:` prefix: from a model's id and options to the class that reaches it. */
import { ConfigurationError, type ModelFactory } from "@locus-sdk/core";
import { checkOptions, namesGiven, type OciOptions } from "./config/options.ts";
import { OCIModel } from "./native/oci-model.ts";
import { NATIVE_OPTION_NAMES, type NativeChatOptions } from "./native/options.ts";
import { OCIOpenAIModel } from "./oci-openai-model.ts";
import {
  OCIResponsesModel,
  type OCIResponsesModelOptions,
  RESPONSES_OPTION_NAMES,
} from "./oci-responses-model.ts";
import { explainRoute } from "./routing.ts";

/**
 * Makes `oci:<model id>` models for the registry, over the transport that `explainRoute` names.
 *
 * @throws ConfigurationError for an unknown option, or a transport that cannot serve the model.
 * @example
 * ```ts
 * import { getModel, registerProvider } from "@locus-sdk/core";
 *
 * registerProvider("oci", async () => (await import("@locus-sdk/oci")).ociProvider);
 * const model = await getModel("oci:openai.gpt-oss-120b", { region: "us-chicago-1" });
 * ```
 */
export const ociProvider: ModelFactory = (modelId, options) => {
  assertAnyOptions(options);
  const { transport } = explainRoute(modelId, options);
  for (const { api, only, names } of OWNED) {
    const misplaced =
      transport === only ? undefined : namesGiven(options).find((name) => names.includes(name));
    if (misplaced === undefined) continue;
    throw new ConfigurationError(
      `the option "${misplaced}" is for the ${api}, and "oci:${modelId}" goes over transport "${transport}"`,
      { hint: `Add transport: "${only}", or leave the option out.` },
    );
  }
  if (transport === "v1") return new OCIOpenAIModel({ ...options, model: modelId, transport: "v1" });
  if (transport === "sdk") return new OCIModel({ ...options, model: modelId, transport: "sdk" });
  return new OCIResponsesModel({ ...options, model: modelId, transport: "responses" });
};

/** Options that mean something on one transport only. */
const OWNED = [
  { api: "Responses API", only: "responses", names: RESPONSES_OPTION_NAMES },
  { api: "native API", only: "sdk", names: NATIVE_OPTION_NAMES },
] as const;

/** The classes check what is theirs; here only a slip in a name is caught, before the route is known. */
function assertAnyOptions(
  options: object,
): asserts options is OciOptions & NativeChatOptions & Omit<OCIResponsesModelOptions, "model"> {
  checkOptions(options, [...NATIVE_OPTION_NAMES, ...RESPONSES_OPTION_NAMES]);
}
