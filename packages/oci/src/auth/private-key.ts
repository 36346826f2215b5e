/** Private keys of profiles: read, decrypted, checked to be RSA, and known by their fingerprint. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ConfigurationError } from "@locus-sdk/core";
import type { Profile } from "../config/profile-file.ts";

/**
 * The private key of a profile, from `key_content` or `key_file`, PKCS#1 or PKCS#8, encrypted or not.
 *
 * @throws ConfigurationError when it cannot be read, decrypted, or is no RSA key. Never with the key's text.
 */
export async function loadPrivateKey(profile: Profile): Promise<KeyObject> {
  const where = `profile "${profile.name}" of ${profile.file}`;
  const source = profile.keyContent === undefined ? `key file ${profile.keyFile}` : "key_content";
  const pem = profile.keyContent?.reveal() ?? (await readText(profile.keyFile ?? "", `key_file of ${where}`));
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem.trim(), passphrase: profile.passPhrase?.reveal() ?? "" });
  } catch (error) {
    throw keyError(`${source} of ${where}`, pem, profile.passPhrase !== undefined, error);
  }
  if (key.asymmetricKeyType !== "rsa") {
    throw new ConfigurationError(
      `${source} of ${where} is a key of type ${key.asymmetricKeyType}; OCI signs with RSA`,
    );
  }
  return key;
}

// OpenSSL's own words name neither file nor profile, and its error would carry along what it was given.
function keyError(source: string, pem: string, hasPhrase: boolean, error: unknown): ConfigurationError {
  const encrypted = pem.includes("ENCRYPTED");
  if (encrypted && !hasPhrase) {
    return new ConfigurationError(`${source} is encrypted, and the profile has no pass_phrase`, {
      hint: "Add pass_phrase to the profile.",
    });
  }
  if (encrypted) {
    return new ConfigurationError(`${source} cannot be decrypted with the profile's pass_phrase`, {
      hint: "Check pass_phrase; it is taken as it stands, without a comment behind it, quotes included.",
    });
  }
  const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
  return new ConfigurationError(`${source} is not a private key in PEM form${code}`, {
    hint: 'Expected text that begins with "-----BEGIN PRIVATE KEY-----" or "-----BEGIN RSA PRIVATE KEY-----".',
  });
}

/** The text of a file named by a configuration, without white space around it. */
export async function readText(path: string, what: string): Promise<string> {
  try {
    return (await readFile(path, "utf8")).replace(/^\uFEFF/, "").trim();
  } catch (cause) {
    throw new ConfigurationError(`${path} (${what}) cannot be read`, {
      hint: "Check the path; ~ is the home directory, a relative path starts at the configuration file.",
      cause,
    });
  }
}

/** The fingerprint OCI knows a key by: MD5 of the public key's DER text, in pairs of hexadecimal digits. */
export function fingerprintOf(key: KeyObject): string {
  const der = createPublicKey(key).export({ type: "spki", format: "der" });
  return (createHash("md5").update(der).digest("hex").match(/../g) ?? []).join(":");
}
