// The control plane's models, asked for with the vendor's signer.
import { ConfigFileAuthenticationDetailsProvider } from "oci-common";
import { afterAll, describe, expect, it } from "vitest";
import { signedFetch, started, testConfig } from "../../test/support/client.ts";
import { nativeClient, onDemand } from "../../test/support/native.ts";
import type { OciEmulator } from "../index.ts";

const config = await testConfig();
const { emulator, ...session } = await started(config);
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await config[Symbol.asyncDispose]();
});

const provider = new ConfigFileAuthenticationDetailsProvider(config.configFile, "DEFAULT");

interface Model {
  readonly id: string;
  readonly displayName: string;
  readonly [field: string]: unknown;
}

const get = async (
  path: string,
  from: OciEmulator = emulator,
): Promise<{
  readonly status: number;
  readonly body: { items: Model[] } & Model;
  readonly next: string | null;
}> => {
  const response = await signedFetch(provider)(`${from.controlUrl}/20231130/${path}`, { method: "GET" });
  return {
    status: response.status,
    body: JSON.parse(await response.text()),
    next: response.headers.get("opc-next-page"),
  };
};
const inCompartment = (query = ""): string => `models?compartmentId=${config.compartmentId}${query}`;
const namesOf = ({ body }: { readonly body: { items: Model[] } }): readonly string[] =>
  body.items.map(({ displayName }) => displayName);

describe("the list of models", () => {
  it("comes in pages that join to the whole", async () => {
    const all = await get(inCompartment());
    expect(all.next).toBeNull();
    expect(all.body.items.length).toBeGreaterThan(20);
    const paged: string[] = [];
    let next: string | null = "";
    while (next !== null) {
      const page = await get(inCompartment(`&limit=7${next === "" ? "" : `&page=${next}`}`));
      expect(page.body.items.length).toBeLessThanOrEqual(7);
      paged.push(...namesOf(page));
      ({ next } = page);
    }
    expect(paged).toEqual(namesOf(all));
  });

  it("is filtered by capability, vendor, name and lifecycle state", async () => {
    const embed = await get(inCompartment("&capability=TEXT_EMBEDDINGS"));
    expect(namesOf(embed)).toContain("cohere.embed-v4.0");
    expect(namesOf(embed).every((name) => name.includes("embed"))).toBe(true);
    const vendors = new Set((await get(inCompartment("&vendor=xai"))).body.items.map(({ vendor }) => vendor));
    expect(vendors).toEqual(new Set(["xai"]));
    expect(namesOf(await get(inCompartment("&displayName=xai.grok-4")))).toEqual(["xai.grok-4"]);
    expect(
      namesOf(await get(inCompartment("&capability=CHAT&capability=TEXT_RERANK&vendor=cohere"))),
    ).toEqual(expect.arrayContaining(["cohere.command-a-03-2025", "cohere.rerank-v3.5"]));
    const active = await get(inCompartment("&lifecycleState=ACTIVE"));
    const deleted = await get(inCompartment("&lifecycleState=DELETED"));
    expect(namesOf(active)).not.toContain("cohere.command-light");
    expect(namesOf(deleted)).toEqual(["cohere.command-light"]);
  });

  it("names models by OCIDs that the native API takes", async () => {
    const [model] = (await get(inCompartment("&displayName=cohere.command-a-03-2025"))).body.items;
    const { compartmentId } = config;
    const answer = await nativeClient(emulator, config).chat({
      chatDetails: {
        compartmentId,
        servingMode: onDemand(model?.id ?? ""),
        chatRequest: { apiFormat: "COHERE", message: "Hi" },
      },
    });
    expect(answer).toMatchObject({ chatResult: { modelId: "cohere.command-a-03-2025" } });
    expect((await get(`models/${model?.id}`)).body).toMatchObject({
      ...model,
      compartmentId: config.tenancyId,
    });
  });

  it("is the emulator's own where it was told which models exist", async () => {
    await using other = await started(config, { models: ["xai.grok-4", "acme.one"] });
    const { body } = await get(inCompartment(), other.emulator);
    expect(body.items).toMatchObject([
      { displayName: "xai.grok-4", vendor: "xai" },
      { displayName: "acme.one", vendor: "acme", lifecycleState: "ACTIVE" },
    ]);
  });

  it("needs a compartment that is right, and a page that is one", async () => {
    expect(await get("models")).toMatchObject({ status: 400, body: { code: "MissingParameter" } });
    const hidden = { status: 404, body: { code: "NotAuthorizedOrNotFound" } };
    expect(await get("models?compartmentId=ocid1.compartment.oc1..other")).toMatchObject(hidden);
    for (const query of ["&limit=0", "&limit=x", "&page=zzz"]) {
      expect(await get(inCompartment(query))).toMatchObject({ status: 400 });
    }
  });

  it("knows no other resources and no names in place of OCIDs", async () => {
    const hidden = { status: 404, body: { code: "NotAuthorizedOrNotFound" } };
    for (const path of [
      "models/xai.grok-4",
      "models/ocid1.generativeaimodel.oc1..x",
      "hostedApplications",
      "x/y",
    ]) {
      expect(await get(path)).toMatchObject(hidden);
    }
  });

  it("is not for API keys", async () => {
    const headers = { authorization: `Bearer ${config.apiKey.secrets[0]}` };
    const response = await fetch(`${emulator.controlUrl}/20231130/${inCompartment()}`, { headers });
    expect(response.status).toBe(401);
  });
});
