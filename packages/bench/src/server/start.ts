/** Starts the loopback server, asks it how many streams it has open, and stops it. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface LoopbackServer extends AsyncDisposable {
  /** The base URL of one script: `answer`, `tools-N`, `stream-blocks`, `stream-deltas`, `endless`. */
  url(script: string): string;
  /** Streams that were begun, and neither ended nor let go by their reader. */
  open(): Promise<number>;
}

export async function startServer(): Promise<LoopbackServer> {
  const child = fork(fileURLToPath(new URL("server.ts", import.meta.url)));
  const { port } = await told<{ readonly port: number }>(child);
  return {
    url: (script) => `http://127.0.0.1:${port}/${script}/v1`,
    open: async () => {
      child.send("open");
      return (await told<{ readonly open: number }>(child)).open;
    },
    [Symbol.asyncDispose]: async () => {
      const gone = once(child, "exit");
      child.disconnect();
      await gone;
    },
  };
}

async function told<T>(child: ChildProcess): Promise<T> {
  const [message] = await once(child, "message");
  return message as T;
}
