import { describe, expect, it } from "vitest";
import { OCIModel } from "./native/oci-model.ts";
import { OCIOpenAIModel } from "./oci-openai-model.ts";
import { OCIResponsesModel } from "./oci-responses-model.ts";

const given = {
  model: "openai.gpt-oss-120b",
  apiKey: "sk-hunter2",
  region: "us-chicago-1",
  compartmentId: "ocid1.compartment.oc1..a",
  project: "ocid1.generativeaiproject.oc1..a",
  env: {},
};

describe.each([
  ["OCIOpenAIModel", (options: object) => new OCIOpenAIModel({ ...given, ...options })],
  ["OCIResponsesModel", (options: object) => new OCIResponsesModel({ ...given, ...options })],
  ["OCIModel", (options: object) => new OCIModel({ ...given, ...options })],
])("what answers of an %s depend on", (_name, make) => {
  const of = (options: object = {}): string => JSON.stringify(make(options).cacheIdentity);

  it("is its region and its compartment, and no secret", () => {
    expect(of()).toBe(of({ maxRetries: 0 }));
    const all = [of(), of({ region: "eu-frankfurt-1" }), of({ compartmentId: "ocid1.compartment.oc1..b" })];
    expect(new Set(all).size).toBe(3);
    expect(all.join()).not.toContain("hunter");
  });
});
