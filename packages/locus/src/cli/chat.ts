/** `locus chat`: questions and answers on one thread, until `/exit`, the end of the input, or Ctrl-C twice. */
import { randomUUID } from "node:crypto";
import { CancelledError, didYouMean } from "@locus-sdk/core";
import { answer } from "./answer.ts";
import { describeError } from "./errors.ts";
import { openLines } from "./lines.ts";
import type { AgentFlags } from "./options.ts";
import type { Output } from "./output.ts";
import { openSession, type Session } from "./session.ts";
import { quietView, shortfall, textView } from "./view.ts";

const COMMANDS: Readonly<Record<string, string>> = {
  "/help": "show this",
  "/new": "begin a new conversation",
  "/exit": "leave; so does Ctrl-C twice",
};

const AGAIN = "Ctrl-C again to quit";

/** Resolves to the exit code: 1 where input from a pipe had an answer that failed, 130 after Ctrl-C twice. */
export async function chat(flags: AgentFlags, output: Output): Promise<number> {
  await using session = await openSession(flags, output);
  const lines = openLines(process.stdin, process.stderr);
  const interruptions = new Interruptions(output);
  let threadId = flags.thread ?? newThread();
  let failed = false;
  if (flags.quiet !== true) output.note(`${flags.model}; /help for help`, "dim");
  try {
    for (;;) {
      const line = await Promise.race([lines.next(), interruptions.quit]);
      if (line.kind === "interrupt") {
        interruptions.press();
        continue;
      }
      if (line.kind === "end" || output.gone.aborted) break;
      interruptions.forget();
      const text = line.text.trim();
      if (text === "/exit") break;
      if (text === "/new") {
        threadId = newThread();
        output.note("a new conversation", "dim");
      } else if (text.startsWith("/")) help(text, output);
      else if (text !== "" && !(await reply(session, text, { threadId, flags, output, interruptions }))) {
        failed = true;
      }
    }
  } finally {
    lines.close();
    interruptions[Symbol.dispose]();
  }
  return interruptions.exitCode ?? (failed && process.stdin.isTTY !== true ? 1 : 0);
}

interface Reply {
  readonly threadId: string;
  readonly flags: AgentFlags;
  readonly output: Output;
  readonly interruptions: Interruptions;
}

/** Answers one line; whether it went well. */
async function reply({ agent, standIn }: Session, prompt: string, to: Reply): Promise<boolean> {
  const { threadId, flags, output, interruptions } = to;
  const view = flags.quiet ? quietView(output) : textView(output, standIn);
  const signal = AbortSignal.any([interruptions.begin(), output.gone]);
  try {
    const why = shortfall(await answer(agent, prompt, { threadId, signal }, view));
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

function newThread(): string {
  return `chat_${randomUUID()}`;
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
