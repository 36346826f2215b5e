/** `locus chat`: questions and answers on one thread, until `/exit`, the end of the input, or Ctrl-C twice. */
import { CancelledError, didYouMean } from "@locus-sdk/core";
import { describeError } from "./errors.ts";
import { openLines } from "./lines.ts";
import type { AgentFlags, ThreadFlags } from "./options.ts";
import type { Output } from "./output.ts";
import { openSession, type Session } from "./session.ts";
import { againArgs, promptStream, threadOf } from "./threads/begin.ts";
import { converse } from "./threads/converse.ts";
import { type Ask, askOn } from "./threads/questions.ts";
import { openStore } from "./threads/store.ts";
import { tellThread } from "./threads/tell.ts";
import { quietView, shortfall, textView } from "./view.ts";

export interface ChatFlags extends AgentFlags, ThreadFlags {}

const COMMANDS: Readonly<Record<string, string>> = {
  "/help": "show this",
  "/new": "begin a new conversation",
  "/exit": "leave; so does Ctrl-C twice",
};

const AGAIN = "Ctrl-C again to quit";

/** Resolves to the exit code: 1 where input from a pipe had an answer that failed, 130 after Ctrl-C twice. */
export async function chat(flags: ChatFlags, output: Output): Promise<number> {
  await using store = await openStore(flags.store, "keep");
  let threadId = await threadOf(flags, store, "chat");
  await using session = await openSession(flags, store.checkpointer, output);
  const lines = openLines(process.stdin, process.stderr);
  const interruptions = new Interruptions(output);
  const next = () => Promise.race([lines.next(), interruptions.quit]);
  const ask = process.stdin.isTTY === true ? askOn({ next }, output) : undefined;
  const again = againArgs(flags, store);
  const tell = (): void => {
    if (talked && flags.quiet !== true) tellThread(threadId, store, output);
  };
  let talked = false;
  let failed = false;
  if (flags.quiet !== true) output.note(`${flags.model}; /help for help`, "dim");
  try {
    for (;;) {
      const line = await next();
      if (line.kind === "interrupt") {
        interruptions.press();
        continue;
      }
      if (line.kind === "end" || output.gone.aborted) break;
      interruptions.forget();
      const text = line.text.trim();
      if (text === "/exit") break;
      if (text === "/new") {
        tell();
        talked = false;
        threadId = await threadOf({ store: flags.store }, store, "chat");
        output.note("a new conversation", "dim");
      } else if (text.startsWith("/")) help(text, output);
      else if (text !== "") {
        talked = true;
        if (!(await reply(session, text, { threadId, flags, output, interruptions, again, ask })))
          failed = true;
      }
    }
  } finally {
    lines.close();
    interruptions[Symbol.dispose]();
    tell();
  }
  return interruptions.exitCode ?? (failed && process.stdin.isTTY !== true ? 1 : 0);
}

interface Reply {
  readonly threadId: string;
  readonly flags: AgentFlags;
  readonly output: Output;
  readonly interruptions: Interruptions;
  readonly again: readonly string[] | undefined;
  /** `undefined` where the input is a pipe. */
  readonly ask: Ask | undefined;
}

/** Answers one line; whether it went well. */
async function reply({ agent, standIn }: Session, prompt: string, to: Reply): Promise<boolean> {
  const { threadId, flags, output, interruptions, again, ask } = to;
  const view = flags.quiet ? quietView(output) : textView(output, { standIn, pretty: flags.pretty });
  const signal = AbortSignal.any([interruptions.begin(), output.gone]);
  try {
    const stream = await promptStream(agent, prompt, { threadId, signal }, output);
    const { result } = await converse(stream, { agent, view, signal, output, again, ask });
    const why = shortfall(result);
    if (why !== undefined) output.note(why, "red");
    // Pressed when the answer was over already.
    if (signal.aborted) output.note(AGAIN, "dim");
    return why === undefined;
  } catch (error) {
    if (error instanceof CancelledError && signal.aborted) {
      output.note("cancelled", "red");
      output.note(AGAIN, "dim");
      return true;
    }
    for (const line of describeError(error, flags.debug === true)) output.note(line, "red");
    return false;
  } finally {
    interruptions.finish();
  }
}

function help(typed: string, output: Output): void {
  const known = Object.keys(COMMANDS);
  if (!known.includes(typed)) output.note(`there is no command ${typed}${didYouMean(typed, known)}`, "red");
  for (const [name, what] of Object.entries(COMMANDS)) output.note(`${name.padEnd(8)}${what}`, "dim");
}

/** What Ctrl-C means: the first one cancels the answer under way, one more before the next line quits. */
class Interruptions implements Disposable {
  readonly #output: Output;
  readonly #quit = Promise.withResolvers<{ readonly kind: "end" }>();
  #running: AbortController | undefined;
  #presses = 0;
  exitCode: number | undefined;

  constructor(output: Output) {
    this.#output = output;
    process.on("SIGINT", this.press);
    process.on("SIGTERM", this.#terminate);
    output.gone.addEventListener("abort", () => this.#quit.resolve({ kind: "end" }), { once: true });
  }

  /** Resolves when there is to be no next line. */
  get quit(): Promise<{ readonly kind: "end" }> {
    return this.#quit.promise;
  }

  /** Of the answer that begins. */
  begin(): AbortSignal {
    this.#running = new AbortController();
    return this.#running.signal;
  }

  finish(): void {
    this.#running = undefined;
  }

  forget(): void {
    this.#presses = 0;
  }

  readonly press = (): void => {
    this.#presses++;
    if (this.#presses > 1) this.#leave(130);
    else if (this.#running !== undefined) this.#running.abort();
    else this.#output.note(AGAIN, "dim");
  };

  readonly #terminate = (): void => this.#leave(143);

  #leave(exitCode: number): void {
    // Once more, and it is over at once; handlers of "exit" still run.
    if (this.exitCode !== undefined) process.exit(exitCode);
    this.exitCode = exitCode;
    this.#running?.abort();
    this.#quit.resolve({ kind: "end" });
  }

  [Symbol.dispose](): void {
    process.off("SIGINT", this.press);
    process.off("SIGTERM", this.#terminate);
  }
}
