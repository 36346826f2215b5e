/** The conformance suite for `OCIOpenAIModel` over the emulator: each way to authenticate, each family's wire. */
import { describeChatModel } from "@locus-sdk/core/testing";
import { afterAll, beforeAll } from "vitest";
import { type Cloud, startCloud } from "../test/emulator.ts";
import { play } from "../test/turns.ts";
import type { OciModelOptions } from "./config/options.ts";
import { OCIOpenAIModel } from "./oci-openai-model.ts";

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud[Symbol.asyncDispose]());

const suite = (name: string, options: () => Partial<OciModelOptions>, model = "openai.gpt-oss-120b"): void =>
  describeChatModel(`OCIOpenAIModel, ${name}`, () => {
    const { emulator } = cloud;
    emulator.reset();
    return {
      model: new OCIOpenAIModel({ model, maxRetries: 0, ...cloud.options, ...options() }),
      script: (turns) => play(emulator, turns),
      requests: () => emulator.requests.map(({ body }) => body),
      openRequests: () => emulator.requests.filter(({ durationMs }) => durationMs === undefined).length,
      close: () => emulator.idle(),
    };
  });

suite("API key", () => ({ profile: "DEFAULT" }));
suite("session token", () => ({ profile: "SESSION" }));
suite("OCI Generative AI API key", () => ({ apiKey: cloud.config.apiKey.secrets[0] }));
for (const model of [
  "openai.gpt-5.2",
  "meta.llama-3.3-70b-instruct",
  "meta.llama-4-scout-17b-16e-instruct",
  "google.gemini-2.5-pro",
  "xai.grok-4",
]) {
  suite(model, () => ({}), model);
}
