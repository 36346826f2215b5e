/** `locus run`: one question, answered with the demo tools. */
import { text } from "node:stream/consumers";
import { CancelledError } from "@locus-sdk/core";
import { answer } from "./answer.ts";
import { type AgentFlags, UsageError } from "./options.ts";
import type { Output } from "./output.ts";
import { openSession } from "./session.ts";
import { watchSignals } from "./signals.ts";
import { jsonView, quietView, shortfall, textView } from "./view.ts";

export interface RunFlags extends AgentFlags {
  readonly json?: true;
}

/** Resolves to the exit code. */
export async function run(words: readonly string[], flags: RunFlags, output: Output): Promise<number> {
  const prompt = await readPrompt(words);
  using interruption = watchSignals();
  await using session = await openSession(flags, output);
  const { agent, standIn } = session;
  const view = flags.json ? jsonView(output) : flags.quiet ? quietView(output) : textView(output, standIn);
  const signal = AbortSignal.any([interruption.signal, output.gone]);
  try {
    const { thread } = flags;
    const result = await answer(
      agent,
      prompt,
      { signal, ...(thread === undefined ? {} : { threadId: thread }) },
      view,
    );
    const why = shortfall(result);
    if (why !== undefined) output.note(why, "red");
    return why === undefined ? 0 : 1;
  } catch (error) {
    if (!(error instanceof CancelledError && signal.aborted)) throw error;
    // Whoever read the answer has enough of it: nothing is wrong.
    if (output.gone.aborted) return 0;
    output.note("locus: cancelled", "red");
    return interruption.exitCode ?? 1;
  }
}

async function readPrompt(words: readonly string[]): Promise<string> {
  const given = words.join(" ");
  const prompt = given === "" && process.stdin.isTTY !== true ? await text(process.stdin) : given;
  if (prompt.trim() !== "") return prompt.trim();
  throw new UsageError(
    'there is no prompt; give one as an argument, such as locus run "What is 17 * 23?", or on stdin',
  );
}
