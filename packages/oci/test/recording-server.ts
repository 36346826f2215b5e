/** A server on loopback that writes down what arrives, and answers as it is told. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Arrival {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingMessage["headers"];
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export interface RecordingServer extends AsyncDisposable {
  readonly url: string;
  readonly arrivals: readonly Arrival[];
}

export type Answer = (arrival: Arrival, response: ServerResponse, index: number) => void | Promise<void>;

const ok: Answer = (_, response) => {
  response.setHeader("content-type", "application/json");
  response.end("{}");
};

/** Starts one; `answer` ends the response, by default with `{}`. */
export async function recordingServer(answer: Answer = ok): Promise<RecordingServer> {
  const arrivals: Arrival[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url: target = "", headers, rawHeaders } = request;
      const arrival = { method, target, headers, rawHeaders, body: Buffer.concat(chunks) };
      arrivals.push(arrival);
      void answer(arrival, response, arrivals.length - 1);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    arrivals,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
