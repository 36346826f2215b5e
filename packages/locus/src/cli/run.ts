/** `locus run`: one question, answered with the demo tools; or a run that goes on. */
import { text } from "node:stream/consumers";
import { CancelledError } from "@locus-sdk/core";
import { type AgentFlags, type ThreadFlags, UsageError } from "./options.ts";
import type { Output } from "./output.ts";
import { openSession } from "./session.ts";
import { watchSignals } from "./signals.ts";
import type { WrittenAnswer } from "./threads/answers.ts";
import { againArgs, promptStream, resume, threadOf } from "./threads/begin.ts";
import { askTerminal, converse } from "./threads/converse.ts";
import { openStore } from "./threads/store.ts";
import { remembering, tellThread } from "./threads/tell.ts";
import { jsonView, quietView, shortfall, textView } from "./view.ts";

export interface RunFlags extends AgentFlags, ThreadFlags {
  readonly json?: true;
  /** Thread whose run goes on. */
  readonly resume?: string;
  readonly answer?: readonly WrittenAnswer[];
}

/** Resolves to the exit code. */
export async function run(words: readonly string[], flags: RunFlags, output: Output): Promise<number> {
  const prompt = await readPrompt(words, flags);
  const isOld = flags.resume !== undefined || flags.continue === true;
  using interruption = watchSignals();
  await using store = await openStore(flags.store, isOld ? "look" : "keep");
  await using session = await openSession(flags, store.checkpointer, output);
  const { agent, standIn } = session;
  const signal = AbortSignal.any([interruption.signal, output.gone]);
  const shown = flags.json
    ? jsonView(output)
    : flags.quiet
      ? quietView(output)
      : textView(output, { standIn, pretty: flags.pretty });
  const ask = flags.json ? undefined : askTerminal(output, signal);
  const { view, threadId } = remembering(shown);
  const again = againArgs(flags, store);
  try {
    let begun: Awaited<ReturnType<typeof resume>>;
    if (prompt === undefined) {
      const means = { agent, store, output, again, ask, signal };
      begun = await resume(flags.resume ?? "", flags.answer ?? [], means);
    } else {
      const options = { threadId: await threadOf(flags, store, "thread"), signal };
      begun = { ...options, stream: await promptStream(agent, prompt, options, output) };
    }
    if (typeof begun === "number") return begun;
    const { result, declined } = await converse(begun.stream, { agent, view, signal, output, again, ask });
    const why = shortfall(result);
    if (why !== undefined) output.note(why, "red");
    if (declined === "interrupt") return interruption.exitCode ?? 130;
    return why === undefined ? 0 : 1;
  } catch (error) {
    if (!(error instanceof CancelledError && signal.aborted)) throw error;
    // Whoever read the answer has enough of it: nothing is wrong.
    if (output.gone.aborted) return 0;
    output.note("locus: cancelled", "red");
    return interruption.exitCode ?? 1;
  } finally {
    if (flags.json !== true && flags.quiet !== true) tellThread(threadId(), store, output);
  }
}

/** `undefined` where a run goes on without one. */
async function readPrompt(words: readonly string[], flags: RunFlags): Promise<string | undefined> {
  const given = words.join(" ");
  if (flags.resume !== undefined) {
    if (given.trim() === "") return undefined;
    throw new UsageError("--resume goes on with a run and takes no prompt; --thread takes one");
  }
  if (flags.answer !== undefined) throw new UsageError("--answer needs --resume <thread>");
  const prompt = given === "" && process.stdin.isTTY !== true ? await text(process.stdin) : given;
  if (prompt.trim() !== "") return prompt.trim();
  throw new UsageError(
    'there is no prompt; give one as an argument, such as locus run "What is 17 * 23?", or on stdin',
  );
}
