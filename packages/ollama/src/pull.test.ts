/** Models that the server does not have: an error that helps, or a pull that is told of. */
import { readFileSync } from "node:fs";
import { CancelledError, IncompleteStreamError, type RetryNotice } from "@locus-sdk/core";
import { afterEach, describe, expect, it } from "vitest";
import { closeServers, failure, idle, modelOn, request, start, yes } from "../test/model.ts";
import { type Connection, connectionOf } from "./options.ts";
import { type PullProgress, progressIn } from "./progress.ts";
import { isPulling, pullModel } from "./pull.ts";

afterEach(closeServers);

describe("a model that is not there", () => {
  const absent = { models: [], registry: ["m"] };

  it("is an error that says how to get it", async () => {
    const server = await start(yes, absent);
    expect(await failure(modelOn(server, { pull: false }).complete(request))).toMatchObject({
      code: "model_not_found",
      status: 404,
      hint: "Run `ollama pull m`, or let it be pulled when it is needed (`pull: true`).",
    });
    expect(server.requests).toHaveLength(1);
  });

  it("is pulled where that is wanted, and asked then", async () => {
    const server = await start(yes, absent);
    const notices: RetryNotice[] = [];
    const onRetry = (notice: RetryNotice): unknown => notices.push(notice);
    const { message } = await modelOn(server, { pull: true }).complete({ ...request, onRetry });
    expect(message.content).toEqual([{ type: "text", text: "Yes." }]);
    expect(server.requests.map(({ path }) => path)).toEqual(["/api/chat", "/api/pull", "/api/chat"]);
    expect(notices).toMatchObject([{ what: expect.stringContaining("it is pulled") }]);
    await idle(server);
  });

  it("is on its way, byte by byte", async () => {
    const server = await start(yes, absent);
    const told: PullProgress[] = [];
    const pull = (progress: PullProgress): unknown => told.push(progress);
    await modelOn(server, { pull }).complete(request);
    const layer = { model: "m", status: "pulling dde5aa3fc5ff", digest: "sha256:dde5aa3fc5ff" };
    const totalBytes = 2 * 1024 ** 3;
    expect(told).toEqual([
      { model: "m", status: "pulling manifest" },
      { ...layer, completedBytes: 0, totalBytes },
      { ...layer, completedBytes: totalBytes / 2, totalBytes },
      { ...layer, completedBytes: totalBytes, totalBytes },
      { model: "m", status: "verifying sha256 digest" },
      { model: "m", status: "success" },
    ]);
  });

  it("and not in the registry either is an error", async () => {
    const server = await start(yes, { models: [] });
    expect(await failure(modelOn(server, { pull: true }).complete(request))).toMatchObject({
      name: "PermissionOrNotFoundError",
      code: "model_not_found",
      message: expect.stringContaining("file does not exist"),
      hint: expect.stringContaining('Check the name "m"'),
    });
    expect(server.chats()).toHaveLength(1);
  });

  it("and comes in part only is an error", async () => {
    const server = await start(yes, { ...absent, brokenPull: true });
    const error = await failure(modelOn(server, { pull: true }).complete(request));
    expect(error).toBeInstanceOf(IncompleteStreamError);
    expect(error).toMatchObject({ hint: expect.stringContaining("what has come is kept") });
  });

  it("is left where it is when the call is cancelled, or its listener fails, and the socket is closed", async () => {
    const server = await start(yes, absent);
    const controller = new AbortController();
    const cancel = modelOn(server, { pull: () => controller.abort() });
    expect(await failure(cancel.complete({ ...request, signal: controller.signal }))).toBeInstanceOf(
      CancelledError,
    );
    await idle(server);
    const other = await start(yes, absent);
    const broken = modelOn(other, {
      pull: () => {
        throw new Error("no terminal");
      },
    });
    expect(await failure(broken.complete(request))).toMatchObject({
      name: "LocusError",
      message: "the function that is told of a pull failed: no terminal",
    });
    await idle(other);
  });
});

describe("calls at the same time", () => {
  const connectionTo = (server: { readonly url: string }): Connection =>
    connectionOf({ model: "m", host: server.url }, {});

  it("share one pull, of which each is told", async () => {
    const server = await start(yes, { models: [], registry: ["m"] });
    const connection = connectionTo(server);
    const told: readonly string[][] = [[], [], []];
    const both = ({ status }: PullProgress): unknown => told[0]?.push(status);
    const third = ({ status }: PullProgress): unknown => told[1]?.push(status);
    await Promise.all([both, both, third].map((onProgress) => pullModel(connection, { onProgress })));
    expect(server.requests.map(({ path }) => path)).toEqual(["/api/pull"]);
    expect(told[0]).toEqual(told[1]);
    expect(told[0]?.filter((status) => status === "success")).toHaveLength(1);
    expect(isPulling(connection)).toBe(false);
    await idle(server);
  });

  it("may leave: the pull goes on for those that stay, and ends with the last", async () => {
    const server = await start(yes, { models: [], registry: ["m"] });
    const leaving = new AbortController();
    const [left, stayed] = await Promise.allSettled([
      pullModel(connectionTo(server), { signal: leaving.signal, onProgress: () => leaving.abort() }),
      pullModel(connectionTo(server)),
    ]);
    expect(left).toMatchObject({ status: "rejected", reason: expect.any(CancelledError) });
    expect(stayed.status).toBe("fulfilled");
    const last = new AbortController();
    const gone = pullModel(connectionTo(server), { signal: last.signal });
    last.abort();
    await expect(gone).rejects.toBeInstanceOf(CancelledError);
    expect(isPulling(connectionTo(server))).toBe(false);
    await idle(server);
  });
});

describe("a line of a pull", () => {
  it("tells what is being done, and of a layer how much of it has come", () => {
    const text = readFileSync(new URL("../fixtures/pull.ndjson", import.meta.url), "utf8");
    const told = text
      .trimEnd()
      .split("\n")
      .map((line) => progressIn(line, { modelId: "m" }));
    expect(told.map(({ status }) => status)).toEqual([
      "pulling manifest",
      "pulling dde5aa3fc5ff",
      "pulling dde5aa3fc5ff",
      "verifying sha256 digest",
      "writing manifest",
      "success",
    ]);
    expect(told.map(({ completedBytes }) => completedBytes)).toEqual([
      undefined,
      0,
      241_970,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("that is none is an error", () => {
    expect(() => progressIn("<html>", { modelId: "m" })).toThrow(IncompleteStreamError);
    expect(() => progressIn('{"error":"max retries exceeded: EOF"}', { modelId: "m" })).toThrow(
      /max retries exceeded/,
    );
  });
});
