/** Keys and tokens from files: read when wanted, again when they changed, and refused with a reason. */
import { mkdirSync, readFileSync, renameSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { AuthenticationError, ConfigurationError } from "@locus-sdk/core";
import { describe, expect, test } from "vitest";
import {
  apiKeyProfile,
  type ConfigDirectory,
  configDirectory,
  jwt,
  keyPair,
  TENANCY,
  USER,
} from "../../test/profiles.ts";
import { resolveOciConfig } from "../config/resolve.ts";
import { type ServiceClock, serviceClock } from "../http/clock.ts";
import { Secret } from "../secret.ts";
import { createCredentials } from "./create-credentials.ts";
import { type Credentials, cachedCredentials, type Identity } from "./credentials.ts";
import { fingerprintOf } from "./private-key.ts";
import { expiryOf } from "./token.ts";

const keys = keyPair();
const others = keyPair();
const HOUR = 3_600_000;

/** A clock that the service has told the time: what it says of a token's end is believed. */
function toldClock(): ServiceClock {
  const clock = serviceClock();
  clock.learn(null);
  return clock;
}

const credentials = ({ configFile }: ConfigDirectory, clock = toldClock()): Credentials =>
  createCredentials(resolveOciConfig({ configFile, env: {} }), clock);

function sessionProfile(token: string): ConfigDirectory {
  const made = configDirectory("[DEFAULT]\n");
  made.write("key.pem", keys.pem);
  made.write("token", token);
  made.write(
    "config",
    `[DEFAULT]\ntenancy=${TENANCY}\nregion=ord\nkey_file=key.pem\nsecurity_token_file=token\n`,
  );
  return made;
}

/** A changed file always looks changed, however coarse the file system's clock. */
function rewrite(made: ConfigDirectory, name: string, text: string): void {
  const path = made.write(name, text);
  const later = new Date(Date.now() + 10_000);
  utimesSync(path, later, later);
}

function keyId(identity: Identity): string {
  if (identity.kind !== "signature") throw new Error("expected a signing identity");
  return identity.keyId.reveal();
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.catch((reason: unknown) => reason);
  if (error instanceof Error) return error;
  throw new Error("expected a rejection");
}

describe("API-signing key", () => {
  test("an encrypted key, PKCS#1, CRLF, a label behind the key and key_content all give the same identity", async () => {
    const expected = `${TENANCY}/${USER}/${keys.fingerprint}`;
    const pkcs1 = keys.privateKey.export({ type: "pkcs1", format: "pem" }).toString();
    const pkcs8 = (cipher: string): string =>
      keys.privateKey.export({ type: "pkcs8", format: "pem", cipher, passphrase: "p# ;ü" }).toString();
    const legacy = keys.privateKey
      .export({ type: "pkcs1", format: "pem", cipher: "aes-128-cbc", passphrase: "p# ;ü" })
      .toString();
    for (const [pem, more] of [
      [keys.pem, ""],
      [pkcs1, ""],
      [keys.pem.replaceAll("\n", "\r\n"), ""],
      [`\uFEFF\n${keys.pem}OCI_API_KEY\n`, ""],
      [pkcs8("aes-256-cbc"), "pass_phrase=p# ;ü\n"],
      [legacy, "pass_phrase=p# ;ü\n"],
    ] as const) {
      const made = apiKeyProfile(keys, more);
      made.write("key.pem", pem);
      expect(keyId(await credentials(made).current(0))).toBe(expected);
    }
    const inline = configDirectory(
      `[DEFAULT]\nuser=${USER}\ntenancy=${TENANCY}\nregion=ord\nkey_content=${pkcs1.trim().replaceAll("\n", "\\n")}\n`,
    );
    expect(keyId(await credentials(inline).current(0))).toBe(expected);
  });

  test("nothing is read before the first request", () => {
    const made = apiKeyProfile(keys);
    rmSync(join(made.directory, "key.pem"));
    expect(() => credentials(made)).not.toThrow();
  });

  test.each([
    ["is encrypted, and the profile has no pass_phrase", () => encrypted("")],
    ["cannot be decrypted with the profile's pass_phrase", () => encrypted("pass_phrase=wrong-hunter2\n")],
    ["is not a private key in PEM form", () => withKey("no key, hunter2")],
    ["is not a private key in PEM form", () => withKey("")],
    ["of type ec; OCI signs with RSA", () => withKey(EC_KEY)],
    ["cannot be read", () => withKey(undefined)],
    [`is not that of its key, ${others.fingerprint}`, () => withKey(others.pem)],
  ])("a key that %s is refused by that, naming the file and showing no secret", async (text, make) => {
    const made = make();
    const error = await failure(credentials(made).current(0));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain(text);
    expect(error.message).toContain(made.directory);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/hunter2|MIIE/);
  });

  test("a rotated key and its new fingerprint are picked up without a restart", async () => {
    const made = apiKeyProfile(keys);
    const held = credentials(made);
    const before = await held.current(0);
    expect(await held.current(0)).toBe(before);
    rewrite(made, "key.pem", others.pem);
    rewrite(
      made,
      "config",
      readFileSync(made.configFile, "utf8").replace(keys.fingerprint, others.fingerprint),
    );
    expect(keyId(await held.current(0))).toBe(`${TENANCY}/${USER}/${others.fingerprint}`);
  });
});

const EC_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2
OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r
1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G
-----END PRIVATE KEY-----
`;

function encrypted(more: string): ConfigDirectory {
  const made = apiKeyProfile(keys, more);
  const cipher = { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "right" } as const;
  made.write("key.pem", keys.privateKey.export(cipher).toString());
  return made;
}

function withKey(pem: string | undefined): ConfigDirectory {
  const made = apiKeyProfile(keys);
  if (pem === undefined) rmSync(join(made.directory, "key.pem"));
  else made.write("key.pem", pem);
  return made;
}

describe("session token", () => {
  test("white space around the token is no part of it", async () => {
    const token = jwt(HOUR);
    expect(keyId(await credentials(sessionProfile(`\n ${token}\r\n`)).current(0))).toBe(`ST$${token}`);
  });

  test("white space within it is refused without showing the token", async () => {
    for (const token of ["", "hunter2\nhunter2", 'hunter2"x']) {
      const error = await failure(credentials(sessionProfile(token)).current(0));
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(inspect(error, { depth: 9 })).not.toContain("hunter2");
    }
  });

  test("an expired session fails early, with the commands that renew it, and works again once renewed", async () => {
    const made = sessionProfile(jwt(HOUR));
    const held = credentials(made);
    await held.current(0);
    const error = await failure(held.current(HOUR - 1_000));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({
      code: "session_expired",
      retryable: false,
      message: expect.stringMatching(/token\) expired at 1970-01-01T01:00:00\.000Z/),
      hint: expect.stringMatching(/oci session refresh --profile DEFAULT.*oci session authenticate/),
    });
    const renewed = jwt(2 * HOUR);
    rewrite(made, "token", renewed);
    expect(keyId(await held.current(HOUR))).toBe(`ST$${renewed}`);
  });

  test("before the service has told the time, what seems expired is the service's to judge", async () => {
    const clock = serviceClock();
    const held = credentials(sessionProfile(jwt(HOUR)), clock);
    expect(keyId(await held.current(2 * HOUR))).toBe(`ST$${jwt(HOUR)}`);
    clock.learn(null);
    expect(await failure(held.current(2 * HOUR))).toMatchObject({ code: "session_expired" });
  });

  test("a token about to expire is still used, and looked for again even if the file looks the same", async () => {
    const made = sessionProfile(jwt(HOUR));
    const held = credentials(made);
    const before = await held.current(0);
    const again = await held.current(HOUR - 30_000);
    expect(again).not.toBe(before);
    expect(keyId(again)).toBe(keyId(before));
  });

  test("a token file that was replaced by renaming is noticed", async () => {
    const made = sessionProfile(jwt(HOUR));
    const held = credentials(made);
    await held.current(0);
    const next = jwt(3 * HOUR);
    made.write("token.new", next);
    renameSync(join(made.directory, "token.new"), join(made.directory, "token"));
    expect(keyId(await held.current(0))).toBe(`ST$${next}`);
  });

  test("a token file that is a directory is refused by its path", async () => {
    const made = sessionProfile("x");
    rmSync(join(made.directory, "token"));
    mkdirSync(join(made.directory, "token"));
    expect((await failure(credentials(made).current(0))).message).toContain(join(made.directory, "token"));
  });

  test("only a JWT's exp is believed", () => {
    expect(expiryOf(jwt(HOUR))).toBe(HOUR);
    for (const token of ["opaque", "a.b.c", `a.${Buffer.from('{"exp":"x"}').toString("base64url")}.c`]) {
      expect(expiryOf(token)).toBeUndefined();
    }
  });
});

describe("cache", () => {
  test("any number of first requests load once, and any number of refusals renew once", async () => {
    let loads = 0;
    const held = cachedCredentials("api_key", async () => {
      loads += 1;
      const identity: Identity = { kind: "signature", keyId: resolveKey(loads), privateKey: keys.privateKey };
      return { identity };
    });
    const first = await Promise.all(Array.from({ length: 64 }, () => held.current(0)));
    expect([loads, new Set(first).size]).toEqual([1, 1]);
    const [rejected] = first;
    if (rejected === undefined) throw new Error("nothing loaded");
    const renewed = await Promise.all(Array.from({ length: 64 }, () => held.renew(rejected, 0)));
    expect([loads, new Set(renewed).size]).toEqual([2, 1]);
    // One that comes late with the old identity gets the new one.
    expect(await held.renew(rejected, 0)).toBe(renewed[0]);
    expect(loads).toBe(2);
  });

  test("a load that failed is tried again by the next request", async () => {
    let fail = true;
    const held = cachedCredentials("api_key", async () => {
      if (fail) throw new ConfigurationError("not yet");
      return { identity: { kind: "bearer", token: resolveKey(1) } };
    });
    await expect(held.current(0)).rejects.toThrow("not yet");
    fail = false;
    await expect(held.current(0)).resolves.toMatchObject({ kind: "bearer" });
  });
});

const resolveKey = (count: number): Secret => new Secret(`key-${count}`);

test("a fingerprint is the MD5 of the public key's DER text", () => {
  expect(fingerprintOf(keys.privateKey)).toBe(keys.fingerprint);
});
