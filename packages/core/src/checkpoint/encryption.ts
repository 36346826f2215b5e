/** Encryption at rest: AES-256-GCM, with the key's id beside the text so that keys can be rotated. */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { CheckpointError, ConfigurationError } from "../errors/errors.ts";

/** Keys by their ids. What is written is encrypted under the current one; the others still open what is there. */
export interface EncryptionOptions {
  /** 32 bytes each, or those in base64. An id is 1 to 64 letters, digits, `.`, `_` or `-`. */
  readonly keys: Readonly<Record<string, Uint8Array | string>>;
  /** Id of the key to write with. */
  readonly current: string;
}

/** Turns what a store writes into what it keeps, and back. `place` says where it lies: a text moved elsewhere does not open. */
export interface PayloadCodec {
  encode(text: string, place: string): string;
  /** @throws CheckpointError where it was changed, moved, or encrypted under a key that is not there. */
  decode(stored: string, place: string): string;
  /** Whether it is as `encode` would keep it today; otherwise it is worth writing anew. */
  isCurrent(stored: string): boolean;
}

const PREFIX = "locus-enc:1:";
const KEY_ID = /^[\w.-]{1,64}$/;

/**
 * The codec of a store: of plain text where `encryption` is absent. Plain text is still read once encryption is on, so
 * that it can be turned on for a store that has threads; encrypted text needs its key.
 *
 * @throws ConfigurationError for a key that is not 32 bytes, an id of other characters, a current key that is not there.
 * @example
 * ```ts
 * import { randomBytes } from "node:crypto";
 * import { payloadCodec } from "@locus-sdk/core/checkpoint";
 *
 * const codec = payloadCodec({ keys: { "2026-11": randomBytes(32) }, current: "2026-11" });
 * codec.decode(codec.encode("secret", "trip/1"), "trip/1"); // "secret"
 * ```
 */
export function payloadCodec(encryption?: EncryptionOptions): PayloadCodec {
  const keys = readKeys(encryption);
  const current = encryption?.current;
  const key = current === undefined ? undefined : keys.get(current);
  return {
    encode: (text, place) =>
      key === undefined || current === undefined ? text : encrypt(text, place, current, key),
    decode: (stored, place) => (stored.startsWith(PREFIX) ? decrypt(stored, place, keys) : stored),
    isCurrent: (stored) => (current === undefined ? !stored.startsWith(PREFIX) : keyIdOf(stored) === current),
  };
}

function readKeys(encryption: EncryptionOptions | undefined): ReadonlyMap<string, Buffer> {
  const keys = new Map<string, Buffer>();
  if (encryption === undefined) return keys;
  for (const [id, given] of Object.entries(encryption.keys)) {
    if (!KEY_ID.test(id)) {
      throw new ConfigurationError(
        "an encryption key's id has 1 to 64 letters, digits, dots, dashes or underscores",
      );
    }
    const key = typeof given === "string" ? Buffer.from(given, "base64") : Buffer.from(given);
    if (key.byteLength !== 32) {
      throw new ConfigurationError(`the encryption key "${id}" has ${key.byteLength} bytes, expected 32`, {
        hint: "Make one with: openssl rand -base64 32",
      });
    }
    keys.set(id, key);
  }
  if (!keys.has(encryption.current)) {
    throw new ConfigurationError(`the current encryption key "${encryption.current}" is not among the keys`);
  }
  return keys;
}

const keyIdOf = (stored: string): string | undefined =>
  stored.startsWith(PREFIX) ? stored.slice(PREFIX.length, stored.indexOf(":", PREFIX.length)) : undefined;

function encrypt(text: string, place: string, id: string, key: Buffer): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(place, "utf8"));
  const sealed = Buffer.concat([iv, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `${PREFIX}${id}:${sealed.toString("base64")}`;
}

function decrypt(stored: string, place: string, keys: ReadonlyMap<string, Buffer>): string {
  const id = keyIdOf(stored) ?? "";
  const key = keys.get(id);
  if (key === undefined) {
    throw new CheckpointError(`stored data is encrypted under the key "${id}", which is not among the keys`, {
      code: "encryption_key_missing",
      hint: "Keep the keys of earlier rotations among `keys` until everything was encrypted anew.",
    });
  }
  const sealed = Buffer.from(stored.slice(PREFIX.length + id.length + 1), "base64");
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, 12), { authTagLength: 16 })
      .setAAD(Buffer.from(place, "utf8"))
      .setAuthTag(sealed.subarray(-16));
    return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]).toString("utf8");
  } catch (error) {
    throw new CheckpointError(`stored data under the key "${id}" does not open: it was changed or moved`, {
      code: "encryption_failed",
      cause: error,
    });
  }
}
