/** The list of models: pages, dates, routes, and what is no list. */
import { describe, expect, test, vi } from "vitest";
import { startCloud } from "../test/emulator.ts";
import { apiKeyProfile, keyPair, TENANCY } from "../test/profiles.ts";
import { type Answer, recordingServer } from "../test/recording-server.ts";
import { listOciModels, type OciModelInfo } from "./models-list.ts";

const keys = keyPair();
const { configFile } = apiKeyProfile(keys);

const page =
  (items: readonly object[], next?: string): Answer =>
  (_, response) => {
    if (next !== undefined) response.setHeader("opc-next-page", next);
    response.end(JSON.stringify({ items }));
  };
async function listed(answers: readonly Answer[], options: object = {}) {
  await using server = await recordingServer((arrival, response, index) =>
    answers[Math.min(index, answers.length - 1)]?.(arrival, response, index),
  );
  const models: OciModelInfo[] = [];
  const list = listOciModels({ configFile, env: {}, controlEndpoint: server.url, ...options });
  for await (const model of list) models.push(model);
  return { models, targets: server.arrivals.map(({ target }) => target), arrivals: server.arrivals };
}
const model = (displayName: string, more: object = {}): object => ({
  id: `ocid1.generativeaimodel.oc1..${displayName}`,
  displayName,
  vendor: displayName.split(".")[0],
  type: "BASE",
  lifecycleState: "ACTIVE",
  capabilities: ["CHAT"],
  ...more,
});

describe("listOciModels", () => {
  test("reads page after page, signed, for the compartment in force", async () => {
    const { models, targets, arrivals } = await listed([
      page([model("a.1"), model("a.2")], "p/2"),
      page([model("a.3")]),
    ]);
    expect(models.map(({ id }) => id)).toEqual(["a.1", "a.2", "a.3"]);
    const first = `/20231130/models?compartmentId=${TENANCY}`;
    expect(targets).toEqual([first, `${first}&page=p%2F2`]);
    for (const { headers } of arrivals) expect(headers.authorization).toMatch(/^Signature /);
  });

  test("asks for a vendor and a capability, and is left in the middle without reading on", async () => {
    await using server = await recordingServer(page([model("a.1")], "more"));
    const list = listOciModels({
      configFile,
      env: {},
      controlEndpoint: server.url,
      vendor: "cohere",
      capability: "CHAT",
    });
    for await (const { id } of list) {
      expect(id).toBe("a.1");
      break;
    }
    expect(server.arrivals.map(({ target }) => target)).toEqual([
      `/20231130/models?compartmentId=${TENANCY}&vendor=cohere&capability=CHAT`,
    ]);
  });

  test("tells what each model is, until when, and how it is reached", async () => {
    const { models } = await listed([
      page([
        model("openai.gpt-oss-120b", { version: "1.0" }),
        model("cohere.command-r-plus", {
          timeDeprecated: "2025-01-16T00:00:00Z",
          timeOnDemandRetired: "2025-08-08T00:00:00Z",
        }),
        model("xai.grok-4.20-multi-agent-0309"),
        model("cohere.embed-v4.0", { capabilities: ["TEXT_EMBEDDINGS"] }),
        model("my tune", { type: "CUSTOM", vendor: null }),
      ]),
    ]);
    expect(models).toMatchObject([
      { id: "openai.gpt-oss-120b", version: "1.0", lifecycle: "ACTIVE", route: { transport: "v1" } },
      {
        deprecatedAt: "2025-01-16T00:00:00Z",
        onDemandRetiredAt: "2025-08-08T00:00:00Z",
        route: { transport: "sdk", apiFormat: "COHERE" },
      },
      { route: { transport: "responses" } },
      { route: undefined, unreachable: "it does not chat" },
      {
        id: "ocid1.generativeaimodel.oc1..my tune",
        displayName: "my tune",
        vendor: undefined,
        custom: true,
        route: { transport: "sdk" },
      },
    ]);
  });

  test("an emulated control plane, which checks the signature, lists models of every transport", async () => {
    await using cloud = await startCloud();
    const { emulator, options } = cloud;
    const ids = new Map<string, string | undefined>();
    for await (const { id, route } of listOciModels({ ...options, controlEndpoint: emulator.controlUrl })) {
      ids.set(id, route?.transport);
    }
    expect(ids.get("openai.gpt-oss-120b")).toBe("v1");
    expect(ids.get("cohere.command-r-plus-08-2024")).toBe("sdk");
    expect(ids.has("cohere.embed-v4.0")).toBe(true);
    expect(ids.get("cohere.embed-v4.0")).toBeUndefined();
    expect(emulator.violations).toEqual([]);
  });

  test("a page that names itself as the next one is the last", async () => {
    expect((await listed([page([model("a.1")], "again")])).models).toHaveLength(2);
  });

  test("a failure that may pass is tried again, one that will not is explained", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const busy: Answer = (_, response) => {
      response.statusCode = 503;
      response.end("no healthy upstream");
    };
    expect((await listed([busy, page([model("a.1")])])).models).toHaveLength(1);
    const missing: Answer = (_, response) => {
      response.statusCode = 404;
      response.end('{"code":"NotAuthorizedOrNotFound","message":"no"}');
    };
    await expect(listed([missing])).rejects.toMatchObject({
      name: "PermissionOrNotFoundError",
      hint: expect.stringContaining("policy"),
    });
    await expect(listed([(_, response) => void response.end('{"hello":1}')])).rejects.toMatchObject({
      hint: expect.stringContaining("controlEndpoint"),
    });
  });

  test.each([
    [{ apiKey: "sk-1", region: "ord" }, "control_plane_needs_signature"],
    [{ endpoint: "http://127.0.0.1:1", controlEndpoint: undefined }, "control_plane_unknown"],
  ])("what cannot be asked is not: %j", async (options, code) => {
    await expect(listed([page([])], options)).rejects.toMatchObject({ code });
  });
});
