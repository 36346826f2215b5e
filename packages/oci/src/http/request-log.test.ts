/** The request log: one line a request, and nothing in it that should not be read. */
import { describe, expect, test, vi } from "vitest";
import { apiKeyProfile, keyPair, TENANCY } from "../../test/profiles.ts";
import { recordingServer } from "../../test/recording-server.ts";
import type { OciOptions } from "../config/options.ts";
import { createOciFetch } from "./signed-fetch.ts";

const { configFile } = apiKeyProfile(keyPair());
const options = (url: string, more: OciOptions = {}): OciOptions => ({
  endpoint: url,
  configFile,
  env: {},
  ...more,
});

describe("log", () => {
  test("OCI_LOG_REQUESTS=1 logs one line a request: no query, no secret, no body", async () => {
    await using server = await recordingServer((_, response, index) => {
      response.writeHead(index === 0 ? 401 : 200, { "opc-request-id": "server/id" });
      response.end();
    });
    const info = vi.fn<(fields: object, message: string) => void>();
    const env = { OCI_LOG_REQUESTS: "1" };
    const fetch = createOciFetch(options(server.url, { env, logger: { info } }));
    await fetch(`${server.url}/chat?secret=q`, { method: "POST", body: "hunter2" });
    expect(info).toHaveBeenCalledTimes(1);
    expect(info.mock.calls[0]?.[0]).toEqual({
      method: "POST",
      target: `${new URL(server.url).host}/chat`,
      status: 200,
      ms: expect.any(Number),
      opcRequestId: "server/id",
      attempts: 2,
    });
    const text = JSON.stringify(info.mock.calls);
    for (const secret of ["secret", "hunter2", "Signature", TENANCY]) expect(text).not.toContain(secret);
  });

  test("without it nothing is logged, a failure is a line too, and a logger that throws costs no answer", async () => {
    const info = vi.fn<(fields: object, message: string) => void>(() => {
      throw new Error("disk full");
    });
    await using server = await recordingServer();
    await createOciFetch(options(server.url, { logger: { info } }))(server.url);
    expect(info).not.toHaveBeenCalled();
    const logged = createOciFetch(options(server.url, { logRequests: true, logger: { info } }));
    expect((await logged(server.url)).status).toBe(200);
    await expect(logged("http://127.0.0.1:1/none")).rejects.toThrow();
    expect(info.mock.lastCall?.[0]).toMatchObject({ failure: "TypeError" });
  });

  test("OCI_LOG_REQUESTS=debug tells of sending as well, and shows headers, but no credential and no body", async () => {
    await using server = await recordingServer((_, response) => {
      response.writeHead(200, { "opc-request-id": "server/id", "set-cookie": "session=hunter2" });
      response.end("hunter2");
    });
    const info = vi.fn<(fields: object, message: string) => void>();
    const debug = vi.fn<(fields: object, message: string) => void>();
    const env = { OCI_LOG_REQUESTS: "debug" };
    const fetch = createOciFetch(options(server.url, { env, logger: { info, debug } }));
    await fetch(`${server.url}/chat?secret=q`, {
      method: "POST",
      body: "hunter2",
      headers: { "content-type": "text/plain", "x-gateway-key": "hunter2", "opc-obo-token": "hunter2" },
    });
    expect(debug.mock.calls[0]?.[0]).toMatchObject({
      method: "POST",
      bytes: 7,
      headers: { "content-type": "text/plain", "x-gateway-key": "[redacted]", "opc-obo-token": "[redacted]" },
    });
    expect(info.mock.calls[0]?.[0]).toMatchObject({
      status: 200,
      opcRequestId: "server/id",
      headers: { "opc-request-id": "server/id", "set-cookie": "[redacted]" },
    });
    const text = JSON.stringify([...info.mock.calls, ...debug.mock.calls]);
    for (const secret of ["hunter2", "secret=q", "Signature"]) expect(text).not.toContain(secret);
  });
});
