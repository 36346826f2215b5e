// The helper as its users meet it: vitest runs a test file of theirs, in a process of its own.
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { cassetteFile, fullNameOf } from "./cassette-file.ts";
import { decideMode } from "./mode.ts";
import { useCassette } from "./use-cassette.ts";

const packageRoot = join(import.meta.dirname, "../../..");
const testing = JSON.stringify(join(packageRoot, "src/testing/index.ts"));

const reportSchema = z.object({
  testResults: z.array(
    z.object({
      assertionResults: z.array(
        z.object({ title: z.string(), status: z.string(), failureMessages: z.array(z.string()) }),
      ),
    }),
  ),
});
/** What became of each test, by its title; of failed ones, the words. */
type Outcomes = Readonly<Record<string, string>>;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "locus-use-cassette-"));
  await symlink(join(packageRoot, "node_modules"), join(root, "node_modules"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Runs the body of a test file; `ask(model, text)` is one call, and `factory(answer)` makes the model that is recorded. */
async function vitest(body: string, env: NodeJS.ProcessEnv = {}): Promise<Outcomes> {
  const source = `
    import { expect, it } from "vitest";
    import { ScriptedModel, useCassette } from ${testing};
    const ask = (model, content) => model.complete({ messages: [{ role: "user", content }] });
    const factory = (answer) => () => {
      if (process.env.NO_MODEL) throw new Error("the factory was called");
      return new ScriptedModel([answer], { repeat: true });
    };
    const say = ({ message }) => message.content[0].text;
    ${body}`;
  await writeFile(join(root, "weather.test.js"), source);
  const { VITEST: _v, VITEST_POOL_ID: _p, VITEST_WORKER_ID: _w, CI: _c, NODE_ENV: _n, ...own } = process.env;
  const report = join(root, "report.json");
  const runner = join(packageRoot, "node_modules/vitest/vitest.mjs");
  const args = [runner, "run", "--root", root, "--reporter=json", `--outputFile=${report}`];
  await rm(report, { force: true });
  await promisify(execFile)(process.execPath, args, {
    cwd: root,
    env: { ...own, LOCUS_CASSETTES: "", ...env },
  }).catch((failed: unknown) => failed);
  const [file] = reportSchema.parse(JSON.parse(await readFile(report, "utf8"))).testResults;
  return Object.fromEntries(
    (file?.assertionResults ?? []).map(({ title, status, failureMessages: [why = ""] }) => [
      title,
      status === "failed" ? why : status,
    ]),
  );
}
const cassettes = async (): Promise<readonly string[]> =>
  (await readdir(join(root, "__cassettes__/weather.test.js"))).sort();

describe("useCassette", { timeout: 60_000 }, () => {
  it("replays what is there without the model, and says how to record what is not", async () => {
    const body = `
      it("knows Oslo", async () => {
        const model = await useCassette({ model: factory("Rain.") });
        expect(say(await ask(model, "Oslo?"))).toBe("Rain.");
      });`;
    const missing = await vitest(body, { NO_MODEL: "1" });
    expect(missing["knows Oslo"]).toContain("there is no cassette");
    expect(missing["knows Oslo"]).toContain("knows-oslo.jsonl");
    expect(await vitest(body, { LOCUS_CASSETTES: "record" })).toEqual({ "knows Oslo": "passed" });
    expect(await cassettes()).toEqual(["knows-oslo.jsonl"]);
    expect(await vitest(body, { NO_MODEL: "1", CI: "true" })).toEqual({ "knows Oslo": "passed" });

    const changed = body.replace('"Oslo?"', '"Lima?"');
    expect((await vitest(changed, { NO_MODEL: "1" }))["knows Oslo"]).toMatch(
      /ReplayMismatchError: knows-oslo\.jsonl has no answer.*\n {2}messages\[0\]\.content: recorded "Oslo\?", received "Lima\?"/,
    );
    const silent = body.replace(/expect.*/, "");
    expect((await vitest(silent, { NO_MODEL: "1" }))["knows Oslo"]).toContain(
      "1 of the 1 recorded call in knows-oslo.jsonl was not made",
    );
    const inCI = await vitest(body, { LOCUS_CASSETTES: "record", CI: "1" });
    expect(inCI["knows Oslo"]).toContain("cassettes are not recorded in CI");
  });

  it("records what is missing, leaves what is there, and keeps nothing of a test that fails", async () => {
    const body = (answer: string, last = ""): string => `
      const model = factory(${JSON.stringify(answer)});
      it.concurrent("first of two", async (test) => {
        const first = await useCassette({ test, model });
        const second = await useCassette({ test, name: "the other model", model });
        expect(say(await ask(first, "a")) + say(await ask(second, "b"))).toBe("oneone");
      });
      it("fails", async () => {
        await ask(await useCassette({ model }), "c");
        throw new Error("the weather is bad");
      });
      it("tries again", { retry: 1 }, async ({ task }) => {
        await ask(await useCassette({ model }), "d");
        if (task.result.retryCount === 0) throw new Error("once");
      });
      ${last}`;
    const first = await vitest(body("one"), { LOCUS_CASSETTES: "auto" });
    expect(first).toMatchObject({ "first of two": "passed", "tries again": "passed" });
    expect(first.fails).toContain("the weather is bad");
    const made = ["first-of-two.jsonl", "the-other-model.jsonl", "tries-again.jsonl"];
    expect((await cassettes()).filter((name) => name !== "knows-oslo.jsonl")).toEqual(made);

    const recordedBefore = await readFile(join(root, "__cassettes__/weather.test.js", made[0] ?? ""), "utf8");
    const wrong = `
      it.concurrent("which", () => expect(useCassette({ model })).rejects.toThrow("cannot be told"));
      it("twice", async () => {
        await useCassette({ model, mode: "record" });
        await expect(useCassette({ model })).rejects.toThrow("this test has the cassette");
      });
      it("Twice!", () => expect(useCassette({ model })).rejects.toThrow("another test has the cassette"));`;
    expect(await vitest(body("another answer", wrong), { LOCUS_CASSETTES: "auto" })).toMatchObject({
      "first of two": "passed",
      which: "passed",
      twice: "passed",
      "Twice!": "passed",
    });
    const failing = body("no").replaceAll('"oneone"', '"never"');
    const again = await vitest(failing, { LOCUS_CASSETTES: "record" });
    expect(again["first of two"]).toContain("never");
    expect(await readFile(join(root, "__cassettes__/weather.test.js", made[0] ?? ""), "utf8")).toBe(
      recordedBefore,
    );
    expect((await cassettes()).filter((name) => name.endsWith(".recording"))).toEqual([]);
  });

  it("does not record a test that leaves a stream half-read, and says so: it could never be replayed", async () => {
    const body = `
      const first = async (stream) => { for await (const part of stream) return part; };
      const request = { messages: [{ role: "user", content: "a" }] };
      const model = () => new ScriptedModel(["a long answer"], { chunkSize: 1 });
      it("leaves", async () => { await first((await useCassette({ model })).stream(request)); });
      it("aborts", async () => {
        const aborted = { ...request, signal: AbortSignal.abort() };
        await expect((await useCassette({ model })).complete(aborted)).rejects.toThrow();
      });
      it("stays", async () => { for await (const part of (await useCassette({ model })).stream(request)) part; });`;
    const outcomes = await vitest(body, { LOCUS_CASSETTES: "record" });
    expect(outcomes.leaves).toContain("a call was left or aborted before the end, and nothing was recorded");
    expect(outcomes.aborts).toContain("a call was left or aborted before the end");
    expect(outcomes.stays).toBe("passed");
    const made = await cassettes();
    expect(made).toContain("stays.jsonl");
    expect(made.filter((name) => /leaves|aborts|recording/.test(name))).toEqual([]);
  });

  it("refuses options that it does not know, and wants a model", async () => {
    const slip = { model: () => Promise.reject(new Error("not called")), moed: "record" };
    await expect(useCassette(slip)).rejects.toThrow('unknown option "moed"; did you mean "model"?');
    await expect(useCassette(JSON.parse("{}"))).rejects.toThrow("model must be a function");
  });
});

describe("the mode of a cassette", () => {
  const here = import.meta.filename;
  const nowhere = `${here}.jsonl`;

  it.each([
    [here, undefined, {}, "replay"],
    [here, undefined, { LOCUS_CASSETTES: "" }, "replay"],
    [here, undefined, { LOCUS_CASSETTES: "record" }, "record"],
    [here, "replay", { LOCUS_CASSETTES: "record" }, "replay"],
    [here, undefined, { LOCUS_CASSETTES: "auto" }, "replay"],
    [nowhere, undefined, { LOCUS_CASSETTES: "auto" }, "record"],
    [nowhere, undefined, { LOCUS_CASSETTES: "auto", CI: "true" }, "replay"],
    [nowhere, "record", { CI: "false" }, "record"],
  ] as const)("of %s, told %s, in %o, is %s", (file, told, env, mode) => {
    expect(decideMode(file, told, env)).toBe(mode);
  });

  it("is refused where it is none", () => {
    expect(() => decideMode(here, undefined, { LOCUS_CASSETTES: "recrod" })).toThrow(
      'LOCUS_CASSETTES is "recrod"; expected record, replay, auto; did you mean "record"?',
    );
  });
});

describe("the file of a cassette", () => {
  const test = {
    task: {
      id: "1",
      name: "knows Ærø, and “Oslo”",
      file: { filepath: "/app/test/weather.test.ts" },
      suite: { name: "the agent", suite: { name: "Weather" } },
    },
    onTestFinished: () => undefined,
  };
  it("is beside the test's, and named like the test", () => {
    const name = fullNameOf(test);
    expect(name).toBe("Weather the agent knows Ærø, and “Oslo”");
    expect(cassetteFile(test, name)).toBe(
      "/app/test/__cassettes__/weather.test.ts/weather-the-agent-knows-ærø-and-oslo.jsonl",
    );
  });

  it.each(["js", "jsx", "mjs", "cjs", "tsx", "mts", "cts"])(
    "is not shared with a neighbour in .%s",
    (extension) => {
      const file = { filepath: `/app/test/weather.test.${extension}` };
      const neighbour = { ...test, task: { ...test.task, file } };
      expect(cassetteFile(neighbour, "a")).not.toBe(cassetteFile(test, "a"));
    },
  );

  it("has a name that file systems take, and long names that begin alike apart", () => {
    const names = ["字".repeat(200), `${"字".repeat(200)}!`, "…", "../../etc/passwd"].map((name) =>
      cassetteFile(test, name).replace("/app/test/__cassettes__/weather.test.ts/", ""),
    );
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(Buffer.byteLength(`${name}.recording`)).toBeLessThan(255);
    expect(names[3]).toBe("etc-passwd.jsonl");
  });
});
