/** Waiting for a state: how long, for what, and what ends it. */
import { execFile } from "node:child_process";
import { getEventListeners } from "node:events";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { startControlCloud } from "../../test/control.ts";
import type { Project } from "./index.ts";
import { pollDelayMs } from "./wait.ts";

const TRANSITION_MS = 60_000;
const slow = (fail?: (resource: string, body: object) => string | undefined) =>
  startControlCloud({ control: { transitionMs: TRANSITION_MS, ...(fail && { fail }) } });

/** A cluster on the wire. */
const shown = {
  compartmentId: "ocid1.compartment.oc1..c",
  timeCreated: "2026-01-01T00:00:00Z",
  type: "HOSTING",
  unitCount: 1,
  unitShape: "X",
};

describe("waitUntil", () => {
  test("looks until the state is reached, and tells what each look found", async () => {
    await using cloud = await slow();
    const { control, emulator } = cloud;
    const { id } = await control.projects.create({ displayName: "a" });
    const seen: string[] = [];
    const project = await control.projects.waitUntil(id, "ACTIVE", {
      pollMs: 1,
      onProgress: ({ lifecycleState }) => {
        seen.push(lifecycleState);
        if (seen.length === 3) emulator.clock.advance(TRANSITION_MS);
      },
    });
    expect(seen).toEqual(["CREATING", "CREATING", "CREATING", "ACTIVE"]);
    expect(project).toMatchObject({ id, lifecycleState: "ACTIVE", etag: expect.any(String) });
    expect(await control.projects.waitUntil(id, ["UPDATING", "ACTIVE"])).toMatchObject({ id });
  });

  test("ends at a state from which there is no way on, with the service's reason", async () => {
    await using cloud = await slow((_, body) => ("description" in body ? "No capacity." : undefined));
    const { control, emulator } = cloud;
    const { id, workRequestId = "" } = await control.projects.create({ description: "d" });
    const advance = () => emulator.clock.advance(TRANSITION_MS);
    await expect(
      control.projects.waitUntil(id, "ACTIVE", { pollMs: 1, onProgress: advance }),
    ).rejects.toMatchObject({
      name: "LifecycleError",
      code: "lifecycle_state",
      message: `project ${id} is FAILED and will not be ACTIVE: No capacity.`,
      lifecycleState: "FAILED",
      lifecycleDetails: "No capacity.",
    });
    await expect(control.workRequests.waitUntil(workRequestId, "SUCCEEDED")).rejects.toMatchObject({
      name: "LifecycleError",
      lifecycleState: "FAILED",
      lifecycleDetails: "No capacity.",
    });
    expect(await control.projects.waitUntil(id, ["ACTIVE", "FAILED"])).toMatchObject({
      lifecycleState: "FAILED",
    });
    // Deleting what has failed is a way on.
    await control.projects.delete(id);
    await expect(control.projects.waitUntil(id, "ACTIVE")).rejects.toMatchObject({
      lifecycleState: "DELETING",
    });
    const gone = await control.projects.waitUntil(id, "DELETED", { pollMs: 1, onProgress: advance });
    expect(gone?.lifecycleState).toBe("DELETED");
    await expect(control.projects.waitUntil(id, "ACTIVE")).rejects.toMatchObject({
      lifecycleState: "DELETED",
    });
  });

  test.each([
    ["CREATING", "NEEDS_ATTENTION", "ACTIVE"],
    ["DELETING", "ACTIVE", "DELETED"],
    ["DELETING", "FAILED", "DELETED"],
  ] as const)("what goes from %s to %s will not be %s", async (before, lifecycleState, wanted) => {
    await using cloud = await startControlCloud();
    const { emulator } = cloud;
    const { dedicatedAiClusters } = cloud.control;
    const made = await dedicatedAiClusters.create({ type: "HOSTING", unitCount: 1, unitShape: "X" });
    for (const state of [before, lifecycleState]) {
      emulator.fault({
        path: new RegExp(`/${made.id}$`),
        body: { ...shown, id: made.id, lifecycleState: state },
      });
    }
    await expect(dedicatedAiClusters.waitUntil(made.id, wanted, { pollMs: 1 })).rejects.toMatchObject({
      name: "LifecycleError",
      lifecycleState,
      lifecycleDetails: undefined,
    });
  });

  test("who waits for the end is content with nothing there", async () => {
    await using cloud = await startControlCloud();
    const id = "ocid1.generativeaiproject.oc1..none";
    const gone: Project | undefined = await cloud.control.projects.waitUntil(id, "DELETED");
    expect(gone).toBeUndefined();
    await expect(cloud.control.projects.waitUntil(id, "ACTIVE")).rejects.toMatchObject({ status: 404 });
  });

  test("runs out of time between two looks and within one", async () => {
    await using cloud = await slow();
    const { control, emulator } = cloud;
    const { id } = await control.projects.create({});
    const wait = control.projects.waitUntil(id, "ACTIVE", { timeoutMs: 50, pollMs: 10_000 });
    await expect(wait).rejects.toMatchObject({
      name: "TimeoutError",
      message: `project ${id} was not ACTIVE within 50 ms, but CREATING`,
    });
    emulator.fault({ path: /generativeAiProjects/, delayMs: 10_000, times: 1 });
    await expect(control.projects.waitUntil(id, "ACTIVE", { timeoutMs: 50 })).rejects.toMatchObject({
      name: "TimeoutError",
      message: `project ${id} was not ACTIVE within 50 ms`,
    });
  });

  test("a signal ends it at once, and is left without listeners", async () => {
    await using cloud = await slow();
    const { control } = cloud;
    const { id } = await control.projects.create({});
    const controller = new AbortController();
    const wait = control.projects.waitUntil(id, "ACTIVE", {
      pollMs: 600_000,
      signal: controller.signal,
      onProgress: () => setImmediate(() => controller.abort()),
    });
    await expect(wait).rejects.toMatchObject({ name: "CancelledError" });
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    await expect(
      control.projects.waitUntil(id, "ACTIVE", { signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ name: "CancelledError" });
  });

  test("states, times and options that there are not are refused", async () => {
    await using cloud = await startControlCloud();
    const { projects } = cloud.control;
    const wrong: readonly (readonly [unknown, object, RegExp])[] = [
      ["ACTVE", {}, /there is no state "ACTVE"; did you mean "ACTIVE"/],
      [[], {}, /no state to wait for/],
      ["ACTIVE", { pollMs: 0 }, /pollMs/],
      ["ACTIVE", { timeoutMs: 2 ** 31 }, /timeoutMs/],
      ["ACTIVE", { timeout: 1 }, /unknown option "timeout"; did you mean "timeoutMs"/],
      ["ACTIVE", { onProgress: 1 }, /onProgress: expected a function/],
    ];
    for (const [state, options, message] of wrong) {
      await expect(projects.waitUntil("ocid1.x", state as "ACTIVE", options)).rejects.toMatchObject({
        name: "ConfigurationError",
        message: expect.stringMatching(message),
      });
    }
    expect(cloud.emulator.requests).toEqual([]);
  });
});

test("however it ends, no timer is left: the process ends by itself", async () => {
  await using cloud = await slow();
  const { emulator, options, control } = cloud;
  const { id } = await control.projects.create({});
  const source = (path: string) => JSON.stringify(new URL(`../${path}`, import.meta.url).href);
  const script = `
    import { createControlPlane } from ${source("control/index.ts")};
    import { resolveOciConfig } from ${source("config/resolve.ts")};
    import { createFetch } from ${source("http/signed-fetch.ts")};
    const config = resolveOciConfig(${JSON.stringify({ ...options, controlEndpoint: emulator.controlUrl })});
    const { projects } = createControlPlane(config, createFetch(config));
    const wait = (state, options) =>
      projects.waitUntil(${JSON.stringify(id)}, state, { pollMs: 900_000, timeoutMs: 900_000, ...options })
        .then(({ lifecycleState }) => lifecycleState, ({ name }) => name);
    const leaving = new AbortController();
    const onProgress = () => setImmediate(() => leaving.abort());
    console.log(await wait("CREATING", {}), await wait("ACTIVE", { timeoutMs: 20 }),
      await wait("ACTIVE", { signal: leaving.signal, onProgress }));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
  expect(stdout.trim()).toBe("CREATING TimeoutError CancelledError");
}, 30_000);

test("the wait grows from pollMs to five times that, less up to a quarter by chance", () => {
  const delays = [0, 1, 2, 3, 4, 50].map((look) => pollDelayMs(look, 2_000, () => 0));
  expect(delays).toEqual([2_000, 3_000, 4_500, 6_750, 10_000, 10_000]);
  expect(pollDelayMs(0, 2_000, () => 1)).toBe(1_500);
});
