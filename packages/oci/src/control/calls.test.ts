/** Calls of the control plane: checked before they are sent, sent again without harm, and told of when they fail. */
import { getEventListeners } from "node:events";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { all, controlPlane, startControlCloud } from "../../test/control.ts";
import { type Answer, recordingServer } from "../../test/recording-server.ts";

const cloud = await startControlCloud();
const { control, emulator } = cloud;
const { compartmentId, configFile } = cloud.options;
afterAll(() => cloud[Symbol.asyncDispose]());
beforeEach(() => {
  emulator.reset();
  vi.spyOn(Math, "random").mockReturnValue(0);
});

const PROJECTS = "/20231130/generativeAiProjects";
const requests = (method: string) => emulator.requests.filter((request) => request.method === method);
const here = (url: string) => controlPlane({ configFile, env: {}, compartmentId, controlEndpoint: url });
const project = (displayName: string) => ({
  id: `ocid1.generativeaiproject.oc1..${displayName}`,
  displayName,
  compartmentId,
  timeCreated: "2026-01-01T00:00:00Z",
  lifecycleState: "ACTIVE",
});
const page =
  (names: readonly string[], next?: string): Answer =>
  (_, response) => {
    if (next !== undefined) response.setHeader("opc-next-page", next);
    response.end(JSON.stringify({ items: names.map(project) }));
  };

describe("what is sent", () => {
  test("is about the configured compartment, or the one that is named", async () => {
    const { id } = await control.projects.create({ displayName: "a" });
    expect(await control.projects.get(id)).toMatchObject({ compartmentId });
    const { tenancyId } = cloud.config;
    await control.projects.create({ displayName: "b", compartmentId: tenancyId });
    const listed = await all(control.projects.list({ compartmentId: tenancyId }));
    expect(listed.map(({ displayName }) => displayName)).toContain("b");
  });

  test.each([
    [{ displayNam: "a" }, /unknown option "displayNam"; did you mean "displayName"\?/],
    [
      { conversationConfig: { responseRetentionInHours: 1 } },
      /conversationConfig: .*; did you mean "responsesRetentionInHours"\?/,
    ],
    [
      { conversationConfig: { responsesRetentionInHours: "1" } },
      /responsesRetentionInHours: .*expected number/,
    ],
    [{ shortTermMemoryOptimizationConfig: {} }, /shortTermMemoryOptimizationConfig.isEnabled/],
    [null, /expected object/],
  ])("is checked first: %j", async (details, message) => {
    const given = details as object;
    for (const call of [control.projects.create(given), control.projects.update("ocid1.x", given)]) {
      await expect(call).rejects.toMatchObject({
        name: "ConfigurationError",
        message: expect.stringMatching(message),
      });
    }
    expect(emulator.requests).toEqual([]);
  });

  test("filters, options, times and ids are checked, too", async () => {
    const slips: readonly (readonly [() => Promise<unknown>, RegExp])[] = [
      [() => all(control.projects.list({ dispalyName: "a" } as object)), /did you mean "displayName"/],
      [() => all(control.models.list({ capability: [{}] } as object)), /capability must be text or a number/],
      [() => control.projects.get("ocid1.x", { singal: undefined } as object), /did you mean "signal"/],
      [() => control.projects.update("ocid1.x", {}, { ifmatch: "1" } as object), /did you mean "ifMatch"/],
      [
        () =>
          control.apiKeys.create({
            displayName: "k",
            keyDetails: [{ keyName: "a", timeExpiry: "tomorrow" }],
          }),
        /keyDetails.0.timeExpiry: expected a time like/,
      ],
      ...["", ".", "..", undefined].map((id) => [() => control.projects.get(id as string), /no id/] as const),
    ];
    for (const [call, message] of slips) {
      await expect(call()).rejects.toMatchObject({
        name: "ConfigurationError",
        message: expect.stringMatching(message),
      });
    }
    expect(emulator.requests).toEqual([]);
  });

  test.each([
    [{ apiKey: "sk-1", region: "ord" }, "control_plane_needs_signature"],
    [{ controlEndpoint: undefined }, "control_plane_unknown"],
  ])("nothing, where there is no way to the control plane: %j", async (options, code) => {
    const { projects } = cloud.controlWith(options);
    await expect(projects.get("ocid1.x")).rejects.toMatchObject({ name: "ConfigurationError", code });
    await expect(projects.create({})).rejects.toMatchObject({ code });
    await expect(all(projects.list())).rejects.toMatchObject({ code });
  });

  test("nothing, where there is no compartment", async () => {
    const { projects } = controlPlane({
      env: {},
      authType: "instance_principal",
      controlEndpoint: emulator.controlUrl,
      region: "ord",
    });
    for (const call of [projects.create({}), all(projects.list())]) {
      await expect(call).rejects.toMatchObject({ name: "ConfigurationError", code: "compartment_required" });
    }
  });
});

describe("lists", () => {
  test("are read page after page, and no further than they are wanted", async () => {
    for (const displayName of ["a", "b", "c", "d", "e"]) await control.projects.create({ displayName });
    const query = { sortBy: "displayName", sortOrder: "DESC", limit: 2, lifecycleState: "ACTIVE" } as const;
    const names: string[] = [];
    for await (const { displayName } of control.projects.list(query)) names.push(displayName);
    expect(names.slice(0, 5)).toEqual(["e", "d", "c", "b", "a"]);
    expect(requests("GET")).toHaveLength(3);
    for await (const { displayName } of control.projects.list(query)) if (displayName === "d") break;
    expect(requests("GET")).toHaveLength(4);
  });

  test("go on over an empty page, and end at a page that was there before", async () => {
    const pages = [page(["a"], "1"), page([], "2"), page(["b"], "1")];
    await using server = await recordingServer((arrival, response, index) =>
      pages[index]?.(arrival, response, index),
    );
    const listed = await all(here(server.url).projects.list());
    expect(listed.map(({ displayName }) => displayName)).toEqual(["a", "b"]);
    expect(server.arrivals.map(({ target }) => new URL(target, server.url).searchParams.get("page"))).toEqual(
      [null, "1", "2"],
    );
  });

  test("keep fields that nobody knows, and do without those that do not fit", async () => {
    await using server = await recordingServer((_, response) => {
      const item = { ...project("a"), description: null, conversationConfig: 7, brandNew: { is: ["kept"] } };
      response.end(JSON.stringify({ items: [item] }));
    });
    const [item] = await all(here(server.url).projects.list());
    expect(item).toEqual({ ...project("a"), brandNew: { is: ["kept"] } });
  });

  test.each([
    ['{"keys":[{"key":"sk-abc"}]}', /controlEndpoint/],
    ['{"items":[{"key":"sk-abc"}]}', /answered, but items\.0\.id/],
  ])("of something else are refused without telling what came: %s", async (body, hint) => {
    await using server = await recordingServer((_, response) => void response.end(body));
    const error: unknown = await all(here(server.url).apiKeys.list()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "ServerError", hint: expect.stringMatching(hint) });
    expect(JSON.stringify(error) + String(error)).not.toContain("sk-abc");
  });

  test("keep an item that tells no more than its id, and those beside it", async () => {
    await using server = await recordingServer((_, response) => {
      response.end(JSON.stringify({ items: [project("a"), { id: "ocid1.b", displayName: null }] }));
    });
    const listed = await all(here(server.url).projects.list());
    expect(listed.map(({ displayName }) => displayName)).toEqual(["a", ""]);
  });

  test("that are throttled say for how long the service asks to be left alone", async () => {
    await using server = await recordingServer((_, response) => {
      response.writeHead(429, { "retry-after": "120" });
      response.end('{"code":"TooManyRequests","message":"slow"}');
    });
    await expect(all(here(server.url).projects.list())).rejects.toMatchObject({
      retryAfterMs: 120_000,
      hint: expect.stringMatching(/for 120 s/),
    });
  });
});

describe("what is sent again", () => {
  test("a creation whose answer was lost makes one thing: all tries have one token", async () => {
    emulator.fault({ path: PROJECTS, method: "POST", reset: true, afterEffect: true });
    const { id } = await control.projects.create({ displayName: "once" });
    const tokens = requests("POST").map(({ headers }) => headers["opc-retry-token"]);
    expect(tokens).toEqual([expect.stringMatching(/^[\da-f-]{36}$/), tokens[0]]);
    expect(await all(control.projects.list())).toMatchObject([{ id }]);
    await control.projects.create({ displayName: "twice" });
    expect(requests("POST").at(-1)?.headers["opc-retry-token"]).not.toBe(tokens[0]);
  });

  test("a token of one's own makes one thing of two calls, and goes for nothing else", async () => {
    const retryToken = "mine";
    const first = await control.projects.create({ displayName: "a" }, { retryToken });
    expect((await control.projects.create({ displayName: "a" }, { retryToken })).id).toBe(first.id);
    await expect(control.projects.create({ displayName: "b" }, { retryToken })).rejects.toMatchObject({
      code: "conflict",
      retryable: false,
      hint: expect.stringContaining("retryToken"),
    });
  });

  test("a deletion whose answer was lost is done, although nothing is there any more", async () => {
    await using server = await recordingServer((_, response, index) => {
      if (index === 0) return void response.destroy();
      response.statusCode = 404;
      response.end('{"code":"NotAuthorizedOrNotFound","message":"no"}');
    });
    const { projects } = here(server.url);
    await projects.delete("ocid1.x");
    expect(server.arrivals.map(({ method }) => method)).toEqual(["DELETE", "DELETE"]);
    await expect(projects.delete("ocid1.x")).rejects.toMatchObject({ status: 404 });
  });

  test("a deletion that was throttled first has not been done", async () => {
    await using server = await recordingServer((_, response, index) => {
      response.statusCode = index === 0 ? 429 : 404;
      response.end('{"code":"NotAuthorizedOrNotFound","message":"no"}');
    });
    await expect(here(server.url).projects.delete("ocid1.x")).rejects.toMatchObject({ status: 404 });
  });

  test.each(["TooManyRequests", "ServiceUnavailable", "IncorrectState"] as const)(
    "what met %s, as often as maxRetries has it",
    async (error) => {
      const { id } = await control.projects.create({});
      const path = `${PROJECTS}/${id}`;
      emulator.fault({ path, error, times: 2 });
      expect(await control.projects.update(id, { displayName: "b" })).toMatchObject({ displayName: "b" });
      emulator.fault({ path, error, times: 3 });
      await expect(control.projects.get(id)).rejects.toMatchObject({ retryable: true });
    },
  );
});

describe("what goes wrong", () => {
  test.each([
    ["NotAuthorizedOrNotFound", "PermissionOrNotFoundError", /policy .*generative-ai-family.*compartment/],
    ["NotAuthorized", "PermissionOrNotFoundError", /policy/],
    ["NotAuthenticated", "AuthenticationError", /public key of profile "DEFAULT"/],
    ["IncorrectState", "ModelError", /waitUntil/],
    ["Conflict", "ModelError", /contradicts/],
    ["LimitExceeded", "RateLimitError", /Limits/],
    ["TooManyRequests", "RateLimitError", /throttles/],
  ] as const)("%s is a %s that says what to do", async (error, name, hint) => {
    emulator.fault({ path: PROJECTS, error, times: 2 });
    const { projects } = cloud.controlWith({ maxRetries: 0 });
    await expect(projects.create({})).rejects.toMatchObject({
      name,
      message: expect.stringMatching(/^OCI's control plane \(projects\.create\) answered \d{3}/),
      hint: expect.stringMatching(hint),
      requestId: expect.any(String),
    });
  });

  test("nobody there, and an answer that is not JSON", async () => {
    await expect(here("http://127.0.0.1:1").projects.get("ocid1.x")).rejects.toMatchObject({
      name: "ConnectionError",
      message: expect.stringContaining("(projects.get) could not be reached"),
    });
    await using server = await recordingServer((_, response) => void response.end("<html>"));
    await expect(here(server.url).projects.get("ocid1.x")).rejects.toMatchObject({ name: "ServerError" });
  });

  test("a signal ends any call at once, and is left without listeners", async () => {
    await using server = await recordingServer(() => {});
    const { projects, workRequests } = here(server.url);
    const calls = [
      (signal: AbortSignal) => projects.create({}, { signal }),
      (signal: AbortSignal) => projects.update("ocid1.x", {}, { signal }),
      (signal: AbortSignal) => projects.delete("ocid1.x", { signal }),
      (signal: AbortSignal) => projects.get("ocid1.x", { signal }),
      (signal: AbortSignal) => all(projects.list({}, { signal })),
      (signal: AbortSignal) => all(workRequests.logs("ocid1.x", {}, { signal })),
      (signal: AbortSignal) => projects.changeCompartment("ocid1.x", "ocid1.y", { signal }),
    ];
    for (const [index, call] of calls.entries()) {
      const { signal, ...controller } = controllerOf();
      const called = call(signal);
      await vi.waitFor(() => expect(server.arrivals).toHaveLength(index + 1));
      controller.abort();
      await expect(called).rejects.toMatchObject({ name: "CancelledError" });
      expect(getEventListeners(signal, "abort")).toEqual([]);
    }
  });
});

function controllerOf(): { readonly signal: AbortSignal; abort(): void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
