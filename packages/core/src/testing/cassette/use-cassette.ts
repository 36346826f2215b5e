/** A cassette for a test of vitest's: replayed as a rule, recorded when asked to, and checked when the test is over. */
import { renameSync, rmSync } from "node:fs";
import { relative } from "node:path";
import { ConfigurationError } from "../../errors/errors.ts";
import type { ChatModel } from "../../model/types.ts";
import { type Check, checkOptions, func, isObject, must, oneOf, text } from "../../options/check.ts";
import { currentTest } from "../vitest.ts";
import { type CassetteTest, cassetteFile, fullNameOf } from "./cassette-file.ts";
import { CassetteError } from "./errors.ts";
import { CASSETTE_MODES, type CassetteMode, decideMode } from "./mode.ts";
import type { CassetteOptions } from "./options.ts";
import { openRecording } from "./record.ts";
import { matchOption, openReplay, type ReplayModelOptions } from "./replay.ts";

/** Options of `useCassette`. */
export interface UseCassetteOptions extends CassetteOptions, ReplayModelOptions {
  /** Makes the model that is recorded. It is not called to replay, and its model is closed when the test is over. */
  readonly model: () => ChatModel | Promise<ChatModel>;
  /** Names the file. Default: the test's full name. A second cassette of one test needs one. */
  readonly name?: string;
  /** Default: what the environment variable `LOCUS_CASSETTES` says, and `"replay"` without it. */
  readonly mode?: CassetteMode;
  /** The test's context; only concurrent tests need to give it. Default: the test that is running. */
  readonly test?: CassetteTest;
}

/** vitest's contexts are functions as well. */
const testOption: Check = must("the context of a test, which has task and onTestFinished", (value) => {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  return isObject(Reflect.get(value, "task")) && typeof Reflect.get(value, "onTestFinished") === "function";
});

/** Whose a file is, so that no two tests write or use up the same one. */
const owners = new Map<string, { readonly id: string; isOpen: boolean }>();

/**
 * A model for the test that is running, behind a cassette in `__cassettes__/<test file>/<test name>.jsonl` beside the test
 * file. It is replayed: no network, no credentials, `options.model` is not called. At the end of a test that passes every
 * recorded call must have been made.
 *
 * `LOCUS_CASSETTES=record npx vitest run` records anew, `auto` what is missing. A recording takes its place when its test
 * has passed; of a test that fails nothing is kept. Where `CI` is set nothing is recorded.
 *
 * @throws CassetteError where the cassette is missing or damaged; ConfigurationError outside of a test, in CI when told to
 * record, and where two tests or two calls would have the same file.
 * @example
 * ```ts
 * import { Agent, getModel } from "locus-sdk";
 * import { useCassette } from "locus-sdk/testing";
 * import { expect, it } from "vitest";
 *
 * it("knows the capital of Norway", async () => {
 *   const model = await useCassette({ model: () => getModel("oci:openai.gpt-oss-120b") });
 *   const { text } = await new Agent({ model }).run("What is the capital of Norway?");
 *   expect(text).toContain("Oslo");
 * });
 * ```
 */
export async function useCassette(options: UseCassetteOptions): Promise<ChatModel> {
  checkOptions<UseCassetteOptions>(
    "useCassette",
    options,
    {
      model: func,
      name: text,
      mode: oneOf(...CASSETTE_MODES),
      test: testOption,
      scrub: func,
      match: matchOption,
    },
    ["model"],
  );
  const test = options.test ?? currentTest();
  const name = options.name ?? fullNameOf(test);
  const file = cassetteFile(test, name);
  const mode = decideMode(file, options.mode);
  const release = claim(file, test);
  return mode === "replay" ? replay(file, test, options, release) : record(file, test, options, release);
}

function replay(
  file: string,
  test: CassetteTest,
  options: UseCassetteOptions,
  release: () => void,
): ChatModel {
  test.onTestFinished(release);
  const { scrub, match } = options;
  const model = openReplay(
    file,
    { ...(scrub === undefined ? {} : { scrub }), ...(match === undefined ? {} : { match }) },
    howToRecord(test),
  );
  // A test that has failed was not over: what it left is no second failure.
  test.onTestFinished(() => {
    if (hasPassed(test)) model.assertDone();
  });
  return model;
}

async function record(
  file: string,
  test: CassetteTest,
  { model, scrub }: UseCassetteOptions,
  release: () => void,
): Promise<ChatModel> {
  test.onTestFinished(release);
  const draft = `${file}.recording`;
  const recording = openRecording(await model(), draft, scrub === undefined ? {} : { scrub });
  test.onTestFinished(async () => {
    try {
      await recording.model.close?.();
    } finally {
      const isWhole = recording.lost() === 0;
      if (hasPassed(test) && isWhole) renameSync(draft, file);
      else rmSync(draft, { force: true });
      if (hasPassed(test) && !isWhole) refuseToLose(file, recording.lost());
    }
  });
  return recording.model;
}

/** A cassette without them would be missing an answer each time that the test is replayed. */
function refuseToLose(file: string, lost: number): never {
  const calls = lost === 1 ? "a call was" : `${lost} calls were`;
  throw new CassetteError(`${calls} left or aborted before the end, and nothing was recorded in ${file}`, {
    code: "cassette_incomplete",
    hint: "Read streams to their end, or test leaving and cancelling with a ScriptedModel, which needs no cassette.",
  });
}

function howToRecord({ task }: CassetteTest): string {
  // A name is a pattern to vitest: it goes along where it means itself, there and in a shell.
  const only = /^[\p{L}\p{N} ,:-]+$/u.test(task.name) ? ` -t "${task.name}"` : "";
  return `Record it: LOCUS_CASSETTES=record npx vitest run ${relative(process.cwd(), task.file.filepath)}${only}`;
}

function hasPassed({ task }: CassetteTest): boolean {
  return task.result?.state === "pass";
}

function claim(file: string, { task }: CassetteTest): () => void {
  const owner = owners.get(file);
  if (owner !== undefined && (owner.isOpen || owner.id !== task.id)) {
    const whose = owner.id === task.id ? "this test" : "another test";
    throw new ConfigurationError(`${whose} has the cassette ${file} already`, {
      hint: 'Give this one a name of its own: useCassette({ name: "…", model }).',
    });
  }
  const claimed = { id: task.id, isOpen: true };
  owners.set(file, claimed);
  return () => {
    claimed.isOpen = false;
  };
}
