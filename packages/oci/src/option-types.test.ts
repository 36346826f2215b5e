/** Under `exactOptionalPropertyTypes`, what may be absent may also be given as `undefined`: `process.env.REGION`. */
import type { HistoryOptions } from "@locus-sdk/openai";
import { expect, expectTypeOf, test } from "vitest";
import { apiKeyProfile, keyPair } from "../test/profiles.ts";
import type { OciOptions } from "./config/options.ts";
import type { DiagnoseOptions } from "./doctor/diagnose.ts";
import { createOciFetch } from "./http/signed-fetch.ts";
import type { ListModelsOptions } from "./models-list.ts";
import type { EmbedOptions, OCIEmbeddingsOptions } from "./native/embeddings.ts";
import type { GuardrailChecks } from "./native/guardrails.ts";
import type { NativeChatOptions, OCIModelOptions } from "./native/options.ts";
import type { RerankOptions } from "./native/reranker.ts";
import { OCIOpenAIModel } from "./oci-openai-model.ts";
import type { OCIResponsesModelOptions } from "./oci-responses-model.ts";

/** Of `Options`, those that may be left out but not given as `undefined`. */
type Exact<Options> = {
  [Name in keyof Options]-?: object extends Pick<Options, Name>
    ? { readonly [Key in Name]: undefined } extends Pick<Options, Name>
      ? never
      : Name
    : never;
}[keyof Options];

test("every option of the package may be given as undefined", () => {
  expectTypeOf<Exact<{ a?: string; b?: string | undefined; c: string }>>().toEqualTypeOf<"a">();
  expectTypeOf<Exact<OciOptions>>().toBeNever();
  expectTypeOf<Exact<NativeChatOptions>>().toBeNever();
  expectTypeOf<Exact<OCIModelOptions>>().toBeNever();
  expectTypeOf<Exact<HistoryOptions>>().toBeNever();
  expectTypeOf<Exact<OCIResponsesModelOptions>>().toBeNever();
  expectTypeOf<Exact<ListModelsOptions>>().toBeNever();
  expectTypeOf<Exact<DiagnoseOptions>>().toBeNever();
  expectTypeOf<Exact<OCIEmbeddingsOptions>>().toBeNever();
  expectTypeOf<Exact<EmbedOptions>>().toBeNever();
  expectTypeOf<Exact<RerankOptions>>().toBeNever();
  expectTypeOf<Exact<GuardrailChecks>>().toBeNever();
});

test("a variable that is not set is no option", () => {
  const { configFile } = apiKeyProfile(keyPair());
  const unset: Readonly<Record<string, string | undefined>> = {};
  expect(new OCIOpenAIModel({ model: "x", region: unset.REGION }).modelId).toBe("x");
  expect(createOciFetch({ profile: unset.PROFILE, configFile, env: {} })).toBeTypeOf("function");
});

test.each<[string, unknown, string]>([
  ["apiKey", 5, "expected a key as text, or a list of two"],
  ["apiKey", ["sk-one"], "expected a key as text, or a list of two"],
  ["logRequests", "verbose", 'expected true, false or "debug"'],
  ["logger", {}, "expected a logger: an object with the method info"],
  ["allowedHosts", ["https://a.example"], "expected a host name"],
  ["timeoutMs", "5", "expected number, received string"],
])("%s as %j is refused, and told what is expected", (name, value, expected) => {
  const make = (): unknown => new OCIOpenAIModel({ model: "x", [name]: value });
  expect(make).toThrow(`OCI option "${name}`);
  expect(make).toThrow(expected);
});
