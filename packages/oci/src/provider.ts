/** The `oci:` prefix: from a model's id and options to the class that reaches it. */
import { ConfigurationError, type ModelFactory } from "@locus-sdk/core";
import { OCIModel } from "./native/oci-model.ts";
import { assertModelOptions } from "./native/options.ts";
import { OCIOpenAIModel } from "./oci-openai-model.ts";
import { explainRoute } from "./routing.ts";

/**
 * Makes `oci:<model id>` models for the registry, over the transport that `explainRoute` names.
 *
 * @throws ConfigurationError for an unknown option, or a transport this version does not have.
 * @example
 * ```ts
 * import { getModel, registerProvider } from "@locus-sdk/core";
 *
 * registerProvider("oci", async () => (await import("@locus-sdk/oci")).ociProvider);
 * const model = await getModel("oci:openai.gpt-oss-120b", { region: "us-chicago-1" });
 * ```
 */
export const ociProvider: ModelFactory = (modelId, options) => {
  assertModelOptions(options);
  const route = explainRoute(modelId, options);
  if (route.transport === "v1") return new OCIOpenAIModel({ ...options, model: modelId, transport: "v1" });
  if (route.transport === "sdk") return new OCIModel({ ...options, model: modelId, transport: "sdk" });
  const why = route.overriddenBy === undefined ? route.rule : `${route.overriddenBy} asks for it`;
  throw new ConfigurationError(
    `"oci:${modelId}" goes over transport "${route.transport}", which is not in this version of Locus (${why})`,
    {
      code: "transport_unavailable",
      hint: 'Choose a model served by chat completions, for example "oci:openai.gpt-oss-120b".',
    },
  );
};
