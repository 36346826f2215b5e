// What the control plane keeps, on the command line: made, listed, waited for, changed, deleted.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { linesOf, Oci } from "../../../test/support/oci.ts";

let oci: Oci;
beforeAll(async () => {
  oci = await Oci.make({
    control: {
      transitionMs: 200,
      fail: (_resource, { displayName }) => (displayName === "doomed" ? "no room for it" : undefined),
    },
  });
});
beforeEach(() => oci.emulator.reset());
afterAll(() => oci[Symbol.asyncDispose]());

describe("locus oci projects", { timeout: 60_000 }, () => {
  it("makes one with what it shall keep, waits for it, lists it, changes it and deletes it", async () => {
    const [made] = await oci.json(
      "projects",
      "create",
      "demo",
      "--description=to try things",
      "--responses-retention-hours=24",
      "--conversations-retention-hours=72",
      "--wait",
    );
    expect(made).toMatchObject({
      displayName: "demo",
      description: "to try things",
      lifecycleState: "ACTIVE",
      conversationConfig: { responsesRetentionInHours: 24, conversationsRetentionInHours: 72 },
    });
    const id = String(made?.id);

    const listed = await oci.run(["projects", "list"]);
    expect(listed.stdout).toMatch(/^ID +NAME +STATE +DESCRIPTION +CREATED\n/);
    expect(listed.stdout).toMatch(
      new RegExp(`^${id}  demo  ACTIVE  to try things  \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d$`, "m"),
    );

    const updated = await oci.run(["projects", "update", id, "--name", "demo-2", "--wait"]);
    expect(updated.stdout).toMatch(/^displayName +demo-2$/m);
    expect(await oci.json("projects", "list", "--name", "demo-2", "--state", "ACTIVE")).toMatchObject([
      { id },
    ]);
    expect(await oci.json("projects", "get", id)).toMatchObject([{ id, displayName: "demo-2" }]);

    const deleted = await oci.run(["projects", "delete", id, "--yes"]);
    expect([deleted.code, deleted.stdout]).toEqual([0, `deleting ${id}\n`]);
    expect(await oci.json("projects", "wait", id, "--state", "DELETED")).toMatchObject([
      { id, lifecycleState: "DELETED" },
    ]);
  });

  it("fails with the reason where what it waits for failed", async () => {
    const { code, stderr } = await oci.run(["projects", "create", "doomed", "--wait"]);
    expect(stderr).toMatch(/is FAILED and will not be ACTIVE: no room for it/);
    expect(code).toBe(1);
  });

  it("gives up waiting when it is told to, and leaves on Ctrl-C with 130", async () => {
    const id = await oci.idOf("projects", "create", "slow");
    const late = await oci.run(["projects", "wait", id, "--state", "FAILED", "--timeout", "1s"]);
    expect(late.stderr).toMatch(/was not FAILED within 1000 ms/);
    const { child, finished } = oci.start(["projects", "wait", id, "--state", "FAILED"]);
    await lookedAt(id);
    child.kill("SIGINT");
    const { code, stdout, stderr } = await finished;
    expect([code, stdout, stderr]).toEqual([130, "", "locus: cancelled\n"]);
  });

  /** Resolves when somebody asks for it once more. */
  async function lookedAt(id: string): Promise<void> {
    const looks = (): number => oci.emulator.requests.filter(({ path }) => path.endsWith(id)).length;
    const before = looks();
    while (looks() === before) await new Promise(setImmediate);
  }
});

describe("locus oci api-keys", { timeout: 60_000 }, () => {
  const secretsIn = (text: string): readonly string[] => text.match(/sk-[\w-]{20,}/g) ?? [];

  it("shows the secrets of a new key once, on stdout alone, whatever is logged", async () => {
    const log = { OCI_LOG_REQUESTS: "debug" };
    const made = await oci.run(
      [
        "api-keys",
        "create",
        "ci",
        "--key-name",
        "blue",
        "--key-name",
        "green",
        "--expires",
        "30d",
        "--debug",
      ],
      log,
    );
    const [blue = "", green = ""] = secretsIn(made.stdout);
    expect(new Set(secretsIn(made.stdout)).size).toBe(2);
    expect(made.stderr).toContain("cannot be shown again");
    // The log was on.
    expect(made.stderr).toContain("/20231130/apikeys");
    expect(secretsIn(made.stderr)).toEqual([]);
    const id = /^id +(\S+)$/m.exec(made.stdout)?.[1] ?? "";

    for (const args of [["list"], ["list", "--json"], ["get", id], ["get", id, "--json"], ["wait", id]]) {
      const { code, stdout, stderr } = await oci.run(["api-keys", ...args], log);
      expect(code).toBe(0);
      expect(stdout).toContain("blue");
      expect(`${stdout}${stderr}`).not.toContain(blue);
      expect(`${stdout}${stderr}`).not.toContain(green);
    }
  });

  it("renews one secret, and turns secrets off and on", async () => {
    const [made] = await oci.json("api-keys", "create", "ci", "--wait");
    const id = String(made?.id);
    expect(made?.keys).toMatchObject([
      { keyName: "ci-1", key: expect.stringMatching(/^sk-/) },
      { keyName: "ci-2", key: expect.stringMatching(/^sk-/) },
    ]);
    const [renewed] = await oci.json("api-keys", "renew", id, "ci-2", "--expires", "2090-01-31");
    expect(renewed?.keys).toMatchObject([
      { keyName: "ci-1" },
      { keyName: "ci-2", key: expect.stringMatching(/^sk-/), timeExpiry: "2090-01-31T00:00:00.000Z" },
    ]);
    expect(secretsIn(JSON.stringify(renewed))).toHaveLength(1);
    await settled(id);

    for (const [verb, state] of [
      ["deactivate", "INACTIVE"],
      ["activate", "ACTIVE"],
      ["revoke", "REVOKED"],
    ] as const) {
      const yes = verb === "revoke" ? ["--yes"] : [];
      const [changed] = await oci.json("api-keys", verb, id, "ci-1", ...yes);
      expect(changed?.keys).toMatchObject([
        { keyName: "ci-1", state },
        { keyName: "ci-2", state: "ACTIVE" },
      ]);
      await settled(id);
    }
    expect((await oci.run(["api-keys", "list"])).stdout).toContain("ci-1 (REVOKED), ci-2 (ACTIVE)");
    const { code, stdout } = await oci.run(["api-keys", "delete", id, "--yes", "--wait", "--json"]);
    expect([code, linesOf(stdout)]).toEqual([0, [{ id, lifecycleState: "DELETED" }]]);
  });

  it("does not revoke without being asked to", async () => {
    const { code, stderr } = await oci.run(["api-keys", "revoke", "ocid1.x", "blue"]);
    expect(stderr).toMatch(/Revoke blue of API key ocid1\.x, for good\?.*--yes/);
    expect(code).toBe(2);
  });

  const settled = (id: string) => oci.json("api-keys", "wait", id);
});

describe("what was made elsewhere", { timeout: 60_000 }, () => {
  it("can be listed, looked at, waited for and deleted; the work on it as well", async () => {
    const { createOciGenAI } = await import("@locus-sdk/oci");
    const genai = createOciGenAI({ env: oci.env });
    const cluster = await genai.dedicatedAiClusters.create({
      displayName: "gpus",
      type: "HOSTING",
      unitCount: 2,
      unitShape: "LARGE_GENERIC",
    });
    const store = await genai.semanticStores.create({
      displayName: "sales",
      dataSource: { queryingConnectionId: "ocid1.q", enrichmentConnectionId: "ocid1.e" },
      schemas: { schemas: [{ name: "SH" }] },
    });
    expect(await oci.json("clusters", "wait", cluster.id)).toMatchObject([{ lifecycleState: "ACTIVE" }]);
    expect((await oci.run(["clusters", "list"])).stdout).toMatch(/gpus +ACTIVE +HOSTING +2 LARGE_GENERIC/);
    expect((await oci.run(["semantic-stores", "list"])).stdout).toContain(store.id);
    expect((await oci.run(["semantic-stores", "get", store.id])).stdout).toMatch(
      /^schemas\.schemas\.0\.name +SH$/m,
    );

    const [work] = await oci.json("work-requests", "list", "--state", "SUCCEEDED");
    const id = String(work?.id);
    expect((await oci.run(["work-requests", "list"])).stdout).toMatch(
      /^ID +OPERATION +STATUS +DONE +ABOUT +ACCEPTED\n/,
    );
    expect(await oci.json("work-requests", "get", id)).toMatchObject([
      {
        id,
        errors: [],
        logs: expect.arrayContaining([expect.objectContaining({ message: expect.any(String) })]),
      },
    ]);
    expect(await oci.json("work-requests", "wait", id)).toMatchObject([{ id, status: "SUCCEEDED" }]);

    await oci.json("clusters", "delete", cluster.id, "--yes", "--wait");
    expect(await oci.json("clusters", "list", "--state", "ACTIVE")).toEqual([]);
  });
});
