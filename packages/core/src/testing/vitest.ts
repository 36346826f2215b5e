/**
 * vitest for the conformance suites and cassettes, and only where vitest is running: whoever imports `ScriptedModel` in a plain
 * process needs no test runner beside it.
 */
import { ConfigurationError } from "../errors/errors.ts";
import type { CassetteTest } from "./cassette/cassette-file.ts";

type Vitest = typeof import("vitest");

const running: Vitest | undefined = process.env.VITEST === undefined ? undefined : await import("vitest");

function part<Name extends keyof Vitest>(name: Name): Vitest[Name] {
  if (running !== undefined) return running[name];
  const refuse = (): never => {
    throw new ConfigurationError("the conformance suites run under vitest", {
      hint: "Call describeChatModel() and its kind from a *.test.ts file, and run it with vitest.",
    });
  };
  // Stands in for a function of vitest's until it is used.
  return new Proxy(refuse, { apply: refuse, get: refuse }) as unknown as Vitest[Name];
}

export const describe: Vitest["describe"] = part("describe");
export const it: Vitest["it"] = part("it");
export const expect: Vitest["expect"] = part("expect");
export const vi: Vitest["vi"] = part("vi");
export const beforeEach: Vitest["beforeEach"] = part("beforeEach");
export const afterEach: Vitest["afterEach"] = part("afterEach");

/**
 * The context of the test that is running.
 *
 * @throws ConfigurationError outside of a test, and in a concurrent one, of which several run.
 */
export function currentTest(): CassetteTest {
  const test = running?.TestRunner?.getCurrentTest();
  if (test === undefined) {
    throw new ConfigurationError("no test of vitest is running", {
      hint: "Call useCassette() within a test, or give it the test's context: useCassette({ test, model }). Elsewhere, use recordModel() and replayModel().",
    });
  }
  if (test.concurrent !== true) return test.context;
  throw new ConfigurationError("which of the concurrent tests this is cannot be told", {
    hint: 'Give the test\'s context: it("…", async (test) => { const model = await useCassette({ test, model: … }) }).',
  });
}
