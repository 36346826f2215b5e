/** The contract of every model, over all three body formats and a dedicated endpoint. */
import { type DescribeChatModelOptions, describeChatModel } from "@locus-sdk/core/testing";
import { startNativeServer } from "../../test/native-server.ts";
import { OCIModel } from "./oci-model.ts";
import type { NativeChatOptions } from "./options.ts";

const ROWS: readonly (readonly [string, NativeChatOptions, DescribeChatModelOptions["skip"]])[] = [
  ["openai.gpt-oss-120b", {}, {}],
  ["google.gemini-2.5-pro", {}, {}],
  ["ocid1.generativeaiendpoint.oc1.iad.x", {}, {}],
  ["cohere.command-a-reasoning-08-2025", {}, { content_filter: "the format has no such reason" }],
  [
    "cohere.command-r-plus-08-2024",
    {},
    {
      reasoning: "the format has none",
      malformed_arguments: "the wire carries objects, not their text",
    },
  ],
];

for (const [model, more, skip] of ROWS) {
  describeChatModel(
    `OCIModel ${model}`,
    async () => {
      const server = await startNativeServer();
      return {
        model: new OCIModel({ ...server.options, ...more, model }),
        script: (turns) => server.script(...turns),
        requests: () => server.calls.map(({ body }) => body),
        openRequests: () => server.open(),
        close: async () => {
          await server[Symbol.asyncDispose]();
        },
      };
    },
    skip === undefined ? {} : { skip },
  );
}
