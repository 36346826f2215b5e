/** Hosts as people write them. */
import { ConfigurationError } from "@locus-sdk/core";
import { describe, expect, it } from "vitest";
import { hostAddress } from "./host.ts";

describe("a host", () => {
  it.each([
    [undefined, "http://127.0.0.1:11434"],
    ["localhost", "http://localhost:11434"],
    [":8080", "http://127.0.0.1:8080"],
    ["gpu.local:8080", "http://gpu.local:8080"],
    ["192.168.1.4", "http://192.168.1.4:11434"],
    ["0.0.0.0", "http://127.0.0.1:11434"],
    ["0.0.0.0:80", "http://127.0.0.1"],
    ["http://[::]:9000", "http://127.0.0.1:9000"],
    ["[::1]:9000", "http://[::1]:9000"],
    ["http://gpu.local", "http://gpu.local"],
    ["https://example.com/ollama/", "https://example.com/ollama"],
    [" localhost ", "http://localhost:11434"],
  ])("%j is at %s", (host, url) => {
    expect(hostAddress(host)).toEqual({ url, headers: {} });
  });

  it("may hold credentials, which go into a header", () => {
    const { url, headers } = hostAddress("https://ada:p%40ss@example.com");
    expect(url).toBe("https://example.com");
    expect(Buffer.from(headers.authorization?.split(" ")[1] ?? "", "base64").toString()).toBe("ada:p@ss");
  });

  it.each(["", "http://", "ftp://example.com", "http://ada:hunter2@:x", "http://a/?b=1", "http://a b"])(
    "%j is none, and is not repeated",
    (host) => {
      const refused = (): unknown => hostAddress(host);
      expect(refused).toThrow(ConfigurationError);
      expect(refused).not.toThrow(/hunter2/);
    },
  );
});
