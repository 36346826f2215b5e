/** One client, two hosts: which address each resource of the `openai` client is asked of. */
import { ConfigurationError } from "@locus-sdk/core";
import { describe, expect, test } from "vitest";
import { apiKeyProfile, keyPair } from "../test/profiles.ts";
import { recordingServer } from "../test/recording-server.ts";
import { createOciOpenAI } from "./client.ts";
import type { OciOptions } from "./config/options.ts";
import { createOciGenAI } from "./genai.ts";

const { configFile } = apiKeyProfile(keyPair());
const signed: OciOptions = { configFile, env: {} };
const bearer: OciOptions = { apiKey: "sk-test", region: "us-chicago-1", configFile: "/none", env: {} };

const INFERENCE = "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com";
const CONTROL = "https://generativeai.us-chicago-1.oci.oraclecloud.com";
const GATEWAY = "https://gateway.example.com/genai";
const gateway: OciOptions = { baseURL: GATEWAY, allowedHosts: ["gateway.example.com"] };

describe("a resource's address", () => {
  test.each([
    ["/responses", `${INFERENCE}/openai/v1`, `${INFERENCE}/openai/v1`],
    ["/conversations/conv_1/items", `${INFERENCE}/openai/v1`, `${INFERENCE}/openai/v1`],
    ["/files", `${INFERENCE}/openai/v1`, `${INFERENCE}/openai/v1`],
    ["/containers/cntr_1/files", `${INFERENCE}/openai/v1`, `${INFERENCE}/openai/v1`],
    ["/vector_stores", `${CONTROL}/20231130/openai/v1`, `${INFERENCE}/20231130/openai/v1`],
    ["/vector_stores/vs_1", `${CONTROL}/20231130/openai/v1`, `${INFERENCE}/20231130/openai/v1`],
    ["/vector_stores/vs_1/files", `${INFERENCE}/openai/v1`, `${INFERENCE}/openai/v1`],
    ["/vector_stores/vs_1/files/file-1", `${INFERENCE}/openai/v1`, `${INFERENCE}/openai/v1`],
    ["/vector_stores/vs_1/file_batches", `${INFERENCE}/openai/v1`, `${INFERENCE}/openai/v1`],
    ["/vector_stores/vs_1/search", `${INFERENCE}/openai/v1`, `${INFERENCE}/openai/v1`],
  ])("%s: signed at %s, with an API key at %s", (path, whenSigned, withKey) => {
    expect(createOciOpenAI(signed).buildURL(path, null)).toBe(`${whenSigned}${path}`);
    expect(createOciOpenAI(bearer).buildURL(path, null)).toBe(`${withKey}${path}`);
  });

  test("keeps its query", () => {
    expect(createOciOpenAI(signed).buildURL("/vector_stores", { limit: 5 })).toBe(
      `${CONTROL}/20231130/openai/v1/vector_stores?limit=5`,
    );
  });

  test("is overridden by `vectorStoreBaseURL`, for either kind of credential", () => {
    const vectorStoreBaseURL = `${INFERENCE}/elsewhere/`;
    for (const options of [signed, bearer]) {
      const client = createOciOpenAI({ ...options, vectorStoreBaseURL });
      expect(client.buildURL("/vector_stores", null)).toBe(`${INFERENCE}/elsewhere/vector_stores`);
      expect(client.buildURL("/vector_stores/vs_1/files", null)).toContain(
        "/openai/v1/vector_stores/vs_1/files",
      );
    }
  });

  test("is a base URL of one's own for everything, unless the control plane is named as well", () => {
    const client = createOciOpenAI({ ...signed, ...gateway });
    expect(client.buildURL("/vector_stores", null)).toBe(`${GATEWAY}/vector_stores`);
    const withKey = createOciOpenAI({ ...bearer, ...gateway });
    expect(withKey.buildURL("/vector_stores", null)).toBe(`${GATEWAY}/vector_stores`);
    const both = createOciOpenAI({ ...signed, ...gateway, controlEndpoint: CONTROL });
    expect(both.buildURL("/vector_stores", null)).toBe(`${CONTROL}/20231130/openai/v1/vector_stores`);
  });

  test("is known for an inference host given as base URL", () => {
    const client = createOciOpenAI({ ...signed, baseURL: `${INFERENCE}/20231130/actions/v1` });
    expect(client.buildURL("/vector_stores", null)).toBe(`${CONTROL}/20231130/openai/v1/vector_stores`);
    expect(client.buildURL("/chat/completions", null)).toBe(
      `${INFERENCE}/20231130/actions/v1/chat/completions`,
    );
  });

  test("goes by the base URL where an endpoint is configured as well", () => {
    const ashburn = "https://inference.generativeai.us-ashburn-1.oci.oraclecloud.com/openai/v1";
    const client = createOciOpenAI({ ...signed, env: { OCI_ENDPOINT: INFERENCE }, baseURL: ashburn });
    expect(client.buildURL("/files", null)).toBe(`${ashburn}/files`);
    expect(client.buildURL("/vector_stores", null)).toBe(
      "https://generativeai.us-ashburn-1.oci.oraclecloud.com/20231130/openai/v1/vector_stores",
    );
  });

  test("follows a base URL that the client was given later", () => {
    const client = createOciOpenAI(signed).withOptions({ baseURL: `${INFERENCE}/other` });
    expect(client.buildURL("/vector_stores", null)).toBe(`${INFERENCE}/other/vector_stores`);
    const same = createOciOpenAI(signed).withOptions({ maxRetries: 0 });
    expect(same.buildURL("/vector_stores", null)).toBe(`${CONTROL}/20231130/openai/v1/vector_stores`);
  });

  test("that nobody knows is an error with the way out, before anything is sent", async () => {
    await using server = await recordingServer();
    const client = createOciOpenAI({ ...signed, endpoint: server.url });
    await expect(client.vectorStores.create({ name: "x" })).rejects.toMatchObject({
      code: "control_plane_unknown",
      hint: expect.stringContaining("controlEndpoint"),
    });
    expect(server.arrivals).toEqual([]);
  });
});

describe("on the wire", () => {
  test("vector stores are created at the control plane, and filled at the inference host", async () => {
    await using inference = await recordingServer();
    await using control = await recordingServer();
    const genai = createOciGenAI({
      ...signed,
      endpoint: inference.url,
      controlEndpoint: control.url,
      project: "ocid1.generativeaiproject.oc1..p",
    });
    await genai.vectorStores.create({ name: "handbook" });
    await genai.vectorStores.files.create("vs_1", { file_id: "file-1" });
    await genai.vectorStores.search("vs_1", { query: "holidays" });
    await genai.vectorStores.delete("vs_1");
    expect(control.arrivals.map(({ method, target }) => `${method} ${target}`)).toEqual([
      "POST /20231130/openai/v1/vector_stores",
      "DELETE /20231130/openai/v1/vector_stores/vs_1",
    ]);
    expect(inference.arrivals.map(({ method, target }) => `${method} ${target}`)).toEqual([
      "POST /openai/v1/vector_stores/vs_1/files",
      "POST /openai/v1/vector_stores/vs_1/search",
    ]);
  });

  test("a conversation store and both headers of the compartment go along when asked for", async () => {
    await using server = await recordingServer();
    const client = createOciOpenAI({
      ...signed,
      serviceEndpoint: server.url,
      compartmentId: "ocid1.compartment.oc1..c",
      compartmentHeaders: "both",
      conversationStoreId: "ocid1.generativeaiconversationstore.oc1..s",
    });
    await client.conversations.create({});
    expect(server.arrivals[0]?.headers).toMatchObject({
      "opc-compartment-id": "ocid1.compartment.oc1..c",
      compartmentid: "ocid1.compartment.oc1..c",
      "opc-conversation-store-id": "ocid1.generativeaiconversationstore.oc1..s",
    });
  });
});

describe("what is missing or contradictory is said at once", () => {
  const principal = { authType: "instance_principal", region: "us-chicago-1", env: {} } as const;

  test("the compartment, for a Generative AI host", () => {
    expect(() => createOciOpenAI(principal)).toThrow(
      expect.objectContaining({ code: "compartment_required" }),
    );
    expect(() => createOciGenAI(principal)).toThrow(ConfigurationError);
  });

  test("no compartment is asked for by a Data Science model deployment, nor with an API key", () => {
    const baseURL =
      "https://modeldeployment.us-ashburn-1.oci.customer-oci.com/ocid1.datasciencemodeldeployment.oc1.iad.x/predict/v1";
    expect(createOciOpenAI({ ...principal, baseURL }).baseURL).toBe(baseURL);
    expect(createOciOpenAI(bearer).baseURL).toBe(`${INFERENCE}/openai/v1`);
  });

  test("two different endpoints under the two names of one option", () => {
    expect(() => createOciOpenAI({ ...signed, endpoint: INFERENCE, serviceEndpoint: CONTROL })).toThrow(
      /same option/,
    );
    expect(createOciOpenAI({ ...signed, endpoint: INFERENCE, serviceEndpoint: INFERENCE }).baseURL).toBe(
      `${INFERENCE}/openai/v1`,
    );
  });

  test("an endpoint with a query, behind which no path can be put", () => {
    expect(() => createOciOpenAI({ ...signed, endpoint: `${INFERENCE}/openai/v1?x=1` })).toThrow(/query/);
  });

  test("a conversation store that is no OCID, a base for vector stores that is no OCI host", () => {
    expect(() => createOciOpenAI({ ...signed, conversationStoreId: "my-store" })).toThrow(/not an OCID/);
    expect(() => createOciOpenAI({ ...signed, vectorStoreBaseURL: "https://evil.example/v1" })).toThrow(
      /no OCI host/,
    );
  });
});
