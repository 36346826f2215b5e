// The signature verifier by itself: static vectors, and every changed bit.
import { createPublicKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { DefaultRequestSigner, SimpleAuthenticationDetailsProvider } from "oci-common";
import { describe, expect, it } from "vitest";
import { sendRaw, statusOf, testConfig } from "../../test/support/client.ts";
import { RawHeaders, type RawRequest } from "../http/request.ts";
import { startOciEmulator } from "../index.ts";
import { checkSignature, parseSignature } from "./signature.ts";
import { createTrust } from "./trust.ts";

interface Vectors {
  readonly date: string;
  readonly tenancyId: string;
  readonly userId: string;
  readonly compartmentId: string;
  readonly keyId: string;
  readonly publicKey: string;
  readonly vectors: readonly { readonly name: string; readonly request: string }[];
}

const vectors: Vectors = JSON.parse(
  await readFile(new URL("./fixtures/signed-with-date.json", import.meta.url), "utf8"),
);

function rawRequest(text: string): RawRequest {
  const bytes = Buffer.from(text);
  const headEnd = bytes.indexOf("\r\n\r\n");
  const [first = "", ...lines] = bytes.subarray(0, headEnd).toString("latin1").split("\r\n");
  const [method = "", target = ""] = first.split(" ");
  const flat = lines.flatMap((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]);
  return {
    method,
    target,
    path: target.split("?", 1)[0] ?? "",
    headers: new RawHeaders(flat),
    body: bytes.subarray(headEnd + 4),
    json: () => undefined,
  };
}

function check(request: RawRequest): string | undefined {
  const parsed = parseSignature(request.headers.first("authorization") ?? "");
  if (!parsed.ok) return parsed.reason;
  return checkSignature(request, parsed.value, createPublicKey(vectors.publicKey), new Date(vectors.date));
}

const flipBits = function* (text: string | Uint8Array): Generator<Buffer> {
  const bytes = typeof text === "string" ? Buffer.from(text, "latin1") : Buffer.from(text);
  for (let index = 0; index < bytes.length; index += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ (1 << bit);
      yield changed;
    }
  }
};

describe("static vectors, signed with date and a lower-case header list", () => {
  it.each(vectors.vectors)("accepts $name", ({ request }) => {
    expect(check(rawRequest(request))).toBeUndefined();
  });

  it.each(vectors.vectors)("accepts $name over the wire, on the clock of its date", async ({ request }) => {
    const trust = {
      ...createTrust(),
      tenancyId: vectors.tenancyId,
      userId: vectors.userId,
      compartmentIds: [vectors.compartmentId],
      keys: [{ keyId: vectors.keyId, publicKey: vectors.publicKey }],
    };
    await using emulator = await startOciEmulator({ trust });
    emulator.clock.set(new Date(vectors.date));
    await sendRaw(emulator.url, request);
    expect(emulator.requests[0]?.principal).toMatchObject({ kind: "user", userId: vectors.userId });
  });
});

describe("any one changed bit", () => {
  const [, post] = vectors.vectors;
  const original = rawRequest(post?.request ?? "");
  const parsed = parseSignature(original.headers.first("authorization") ?? "");
  const signed = parsed.ok ? parsed.value.headers : [];

  it("of the request target is refused", () => {
    for (const target of flipBits(original.target)) {
      expect(check({ ...original, target: target.toString("latin1") })).toBeDefined();
    }
  });

  it("of the body is refused", () => {
    for (const body of flipBits(original.body)) expect(check({ ...original, body })).toBeDefined();
  });

  it.each(signed.filter((name) => name !== "(request-target)"))("of %s is refused", (name) => {
    for (const value of flipBits(original.headers.first(name) ?? "")) {
      const flat = original.headers.entries.flatMap(([key, held]) => [
        key,
        key === name ? value.toString("latin1") : held,
      ]);
      expect(check({ ...original, headers: new RawHeaders(flat) })).toBeDefined();
    }
  });

  it("of the signature itself is refused", () => {
    const value = parsed.ok ? parsed.value : { keyId: "", headers: [], signature: "" };
    for (const signature of flipBits(value.signature)) {
      const changed = { ...value, signature: signature.toString("latin1") };
      expect(
        checkSignature(original, changed, createPublicKey(vectors.publicKey), new Date(vectors.date)),
      ).toBeDefined();
    }
  });

  it("is refused with 401 over the wire, by requests that oci-common signed", async () => {
    await using config = await testConfig();
    await using emulator = await startOciEmulator({ trust: config.trust });
    const { readFileSync } = await import("node:fs");
    const provider = new SimpleAuthenticationDetailsProvider(
      config.tenancyId,
      config.userId,
      config.profiles.DEFAULT.fingerprint,
      readFileSync(config.profiles.DEFAULT.keyFile, "utf8"),
      null,
    );
    const body = JSON.stringify({ model: "openai.gpt-oss-20b", messages: [{ role: "user", content: "Hi" }] });
    const target = "/openai/v1/chat/completions?trace=7";
    const headers = new Headers({
      "content-type": "application/json",
      "opc-compartment-id": config.compartmentId,
    });
    const request = { uri: `${emulator.url}${target}`, method: "POST" as const, headers, body };
    await new DefaultRequestSigner(provider).signHttpRequest(request);
    const { host } = new URL(emulator.url);
    const send = async (change: {
      target?: string;
      body?: string;
      header?: readonly [string, string];
    }): Promise<number> => {
      const lines = [...headers].map(
        ([name, value]) => `${name}: ${change.header?.[0] === name ? change.header[1] : value}`,
      );
      const head = [
        `POST ${change.target ?? target} HTTP/1.1`,
        ...lines,
        ...(headers.has("host") ? [] : [`host: ${host}`]),
      ];
      return statusOf(await sendRaw(emulator.url, `${head.join("\r\n")}\r\n\r\n${change.body ?? body}`));
    };
    const changeLast = (text: string): string =>
      text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) ^ 1);

    expect(await send({})).toBe(200);
    expect(await send({ target: target.replace("trace=7", "trace=6") })).toBe(401);
    expect(await send({ target: target.replace("openai", "nqenai") })).toBe(401);
    expect(await send({ body: body.replace("Hi", "Hj") })).toBe(401);
    for (const name of ["x-date", "content-type", "x-content-sha256"]) {
      expect([name, await send({ header: [name, changeLast(headers.get(name) ?? "")] })]).toEqual([
        name,
        401,
      ]);
    }
  });
});

describe("a signature header", () => {
  const refusal = (authorization: string): string => {
    const result = parseSignature(authorization);
    return result.ok ? "" : result.reason;
  };
  const whole = 'Signature signature="c2ln",headers="host",algorithm="rsa-sha256",keyId="k",version="1"';

  it("may give its parameters in any order", () => {
    expect(parseSignature(whole)).toEqual({
      ok: true,
      value: { keyId: "k", headers: ["host"], signature: "c2ln" },
    });
  });

  it.each([
    ["another version", whole.replace('version="1"', 'version="2"'), /version/],
    ["no version", whole.replace(',version="1"', ""), /version/],
    ["another algorithm", whole.replace("rsa-sha256", "hs2019"), /algorithm/],
    ["a parameter twice", `${whole},keyId="other"`, /repeats keyId/],
    ["no key", whole.replace('keyId="k",', ""), /keyId/],
    ["text that is no parameter", `${whole},nonsense`, /parsed/],
  ])("is refused with %s", (_, authorization, reason) => {
    expect(refusal(authorization)).toMatch(reason);
  });

  it("must name each header once, and the header must be there once", () => {
    const [first] = vectors.vectors;
    const text = first?.request ?? "";
    expect(check(rawRequest(text.replace('headers="date ', 'headers="date date ')))).toMatch(/named twice/);
    expect(check(rawRequest(text.replace("\r\nhost:", "\r\nhost: a\r\nhost:")))).toMatch(/present 2 times/);
    expect(check(rawRequest(text.replace('headers="date ', 'headers="date opc-obo-token ')))).toMatch(
      /absent/,
    );
  });

  it("must cover the body's headers of a POST", () => {
    const [, post] = vectors.vectors;
    const request = rawRequest((post?.request ?? "").replace(' x-content-sha256"', '"'));
    expect(check(request)).toMatch(/x-content-sha256 is not signed/);
  });
});
