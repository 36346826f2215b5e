/** Configuration files with real keys, in a directory of their own. */
import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly fingerprint: string;
  readonly pem: string;
}

export function keyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const digest = createHash("md5")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
  return {
    privateKey,
    publicKey,
    fingerprint: digest.replace(/(..)(?=.)/g, "$1:"),
    pem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

export const TENANCY = "ocid1.tenancy.oc1..aaaatenancy";
export const USER = "ocid1.user.oc1..aaaauser";

/** A JWT that expires at `expiresAtMs`; nobody has signed it. */
export function jwt(expiresAtMs: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256" })}.${part({ exp: Math.floor(expiresAtMs / 1000) })}.c2lnbmF0dXJl`;
}

export interface ConfigDirectory {
  readonly directory: string;
  readonly configFile: string;
  /** Writes a file into the directory and gives its path. */
  write(name: string, text: string): string;
}

/** A directory with a file `config` that holds `text`. */
export function configDirectory(text = ""): ConfigDirectory {
  const directory = mkdtempSync(join(tmpdir(), "locus-oci-"));
  const write = (name: string, content: string): string => {
    const path = join(directory, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  return { directory, configFile: write("config", text), write };
}

/** A directory whose DEFAULT profile is an API-signing key of `keys`. */
export function apiKeyProfile(keys: KeyPair, more = ""): ConfigDirectory {
  const made = configDirectory();
  made.write("key.pem", keys.pem);
  made.write(
    "config",
    `[DEFAULT]\nuser=${USER}\ntenancy=${TENANCY}\nfingerprint=${keys.fingerprint}\nkey_file=key.pem\nregion=us-chicago-1\n${more}`,
  );
  return made;
}
