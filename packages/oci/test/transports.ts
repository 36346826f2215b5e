/** Every transport of the package, as models over one emulator. */
import type { ChatModel } from "@locus-sdk/core";
import type { OciOptions } from "../src/config/options.ts";
import { OCIModel } from "../src/native/oci-model.ts";
import { OCIOpenAIModel } from "../src/oci-openai-model.ts";
import { OCIResponsesModel } from "../src/oci-responses-model.ts";
import type { Cloud } from "./emulator.ts";

export type Transport =
  | "chat completions"
  | "responses"
  | "responses, store: false"
  | "native GENERIC"
  | "native COHERE"
  | "native COHEREV2"
  | "dedicated";

/** Makers of a model for each transport; the cloud is asked for when a model is made. */
export function transports(
  cloud: () => Cloud,
  options: Pick<OciOptions, "maxRetries" | "timeoutMs"> = {},
): Readonly<Record<Transport, () => ChatModel>> {
  const common = () => ({ ...cloud().options, ...options });
  return {
    "chat completions": () => new OCIOpenAIModel({ ...common(), model: "google.gemini-2.5-pro" }),
    responses: () =>
      new OCIResponsesModel({ ...common(), model: "openai.gpt-5.2", project: cloud().config.projectId }),
    "responses, store: false": () =>
      new OCIResponsesModel({
        ...common(),
        model: "openai.gpt-5.2",
        project: cloud().config.projectId,
        store: false,
      }),
    "native GENERIC": () => new OCIModel({ ...common(), model: "google.gemini-2.5-pro" }),
    "native COHERE": () => new OCIModel({ ...common(), model: "cohere.command-r-plus-08-2024" }),
    "native COHEREV2": () => new OCIModel({ ...common(), model: "cohere.command-a-vision-07-2025" }),
    dedicated: () =>
      new OCIModel({
        ...common(),
        model: "ocid1.generativeaiendpoint.oc1.us-chicago-1.x",
        baseModel: "google.gemini-2.5-pro",
        // The emulator's endpoint writes its calls into the text, as many fine-tuned models do.
        textToolCalls: true,
      }),
  };
}
