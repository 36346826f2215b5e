/** No secret survives, and nothing else is lost. */
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { knownSecrets } from "./known-secrets.ts";
import { redactSecrets } from "./redact.ts";
import { redactError } from "./redact-error.ts";

describe("redactSecrets", () => {
  it.each([
    ["Incorrect API key provided: sk-proj-abcDEF123456.", "sk-proj-abcDEF123456"],
    ["Authorization: Bearer eyJhbGciOi.J9.abc-123", "eyJhbGciOi.J9.abc-123"],
    ['{"authorization":"secret-value-1"}', "secret-value-1"],
    ["x-api-key=0123456789", "0123456789"],
    ['Headers.append: "Bearer key\nwith break" is an invalid header value.', "key\nwith break"],
    ['Headers.set: "my own secret\n" is an invalid header value.', "my own secret"],
    ['Signature version="1",keyId="ocid1.tenancy/user/aa:bb",signature="abc=="', "ocid1.tenancy"],
    ["https://user:pass-word@proxy.example:3128", "pass-word"],
    ["Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA=="],
    ["the token ST$eyJhbGciOi.J9-secret is unknown", "J9-secret"],
    ["got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmVk", "c2lnbmVk"],
    ["-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg", "MIIEvQIBADANBg"],
    [
      '{"authorization":"Signature headers=\\"date host\\",keyId=\\"ST$abc\\",signature=\\"Zm9vYmFy',
      "Zm9vYmFy",
    ],
    ['{\\"authorization\\":\\"secret-value-2\\"}', "secret-value-2"],
  ])("hides the secret in %j", (text, secret) => {
    expect(redactSecrets(text)).not.toContain(secret);
    expect(redactSecrets(text)).toContain("[redacted");
  });

  it.each([
    "Bearer authentication is required",
    "the model ran out of tokens: 5000 tokens",
    "task-force sk- is not a key",
    "https://example.com/v1/models?x=1",
    "sk-learn and scikit-learn are libraries",
    "Basic authentication, or a bearer token",
  ])("leaves %j alone", (text) => {
    expect(redactSecrets(text)).toBe(text);
  });
});

describe("knownSecrets", () => {
  const known = knownSecrets({
    keys: ["CANARYkey", undefined, "abc"],
    headers: { "X-Gateway": 'tok"en-1234', Authorization: "Bearer CANARYauth", "content-type": "text/plain" },
    url: "https://user-1:p%20ssword@host/v1?sig=CANARYsig",
  });

  it.each([
    "the key CANARYkey is wrong",
    'bad {"x-gateway":"tok\\"en-1234"}',
    "https://h/?a=tok%22en-1234",
    "got CANARYauth from user-1 with p ssword, p%20ssword",
    "signed CANARYsig",
  ])("are in no text: %j", (text) => {
    expect(redactSecrets(text, known)).not.toMatch(/CANARY|1234|user-1|ssword/);
  });

  it("are nothing that stands in ordinary words, and no public header", () => {
    expect(known).not.toContain("abc");
    expect(redactSecrets("abc text/plain", known)).toBe("abc text/plain");
  });
});

describe("redactError", () => {
  it("returns the error itself where it tells nothing", () => {
    const error = new Error("plain");
    expect(redactError(error)).toBe(error);
  });

  it("returns a copy without the secret, whichever link of the chain tells it", () => {
    const error = new Error("failed", {
      cause: new TypeError('"Bearer sk-abcdef123\n" is an invalid header value'),
    });
    const clean = redactError(error);
    expect(clean).not.toBe(error);
    expect(clean).toBeInstanceOf(Error);
    expect(clean instanceof Error ? clean.cause : "").toBeInstanceOf(TypeError);
    expect(inspect(clean, { showHidden: true })).not.toContain("abcdef123");
  });

  it("takes what is known to be secret out of every part of an error, and keeps its kind", () => {
    const error = Object.assign(new RangeError("no hush-hush", { cause: { deep: ["hush-hush"] } }), {
      detail: { said: "hush-hush", n: 1 },
      response: new Response("hush-hush"),
    });
    const clean = redactError(error, ["hush-hush"]);
    expect(clean).toBeInstanceOf(RangeError);
    expect(clean).toMatchObject({ message: "no [redacted]", detail: { said: "[redacted]", n: 1 } });
    expect(inspect(clean, { depth: 10, showHidden: true })).not.toContain("hush-hush");
    const both = new AggregateError([new Error("hush-hush"), new Error("fine")], "two");
    expect(inspect(redactError(both, ["hush-hush"]), { depth: 10 })).not.toContain("hush-hush");
  });

  it("returns a copy of an error that brings an answer along, with its facts and without what it echoes", () => {
    const body = {
      code: "X",
      list: [{ authorization: "mine" }, 'keyId="ST$abc-1"'],
      message: "Bearer abc123456",
    };
    const answered = { status: 400, headers: new Headers({ echo: "sk-abcdef" }), error: body, code: "X" };
    const clean = redactError(Object.assign(new Error("400"), answered));
    expect(clean).toMatchObject({ status: 400, code: "X", message: "400" });
    const shown = inspect(clean, { depth: 10, showHidden: true });
    expect(shown).toContain("[redacted]");
    expect(shown).not.toMatch(/mine|abc-1|abc123|abcdef/);
  });
});
