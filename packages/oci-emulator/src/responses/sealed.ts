// Encrypted reasoning: opaque to clients, checked for integrity when it comes back.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import { parseJson } from "../json.ts";

/** What a sealed text holds. */
export interface Sealed {
  /** The reasoning itself. */
  readonly text: string;
  /** The calls that came of it: their items follow it whenever it is sent back. */
  readonly callIds: readonly string[];
}

const sealedSchema: z.ZodType<Sealed> = z.object({ text: z.string(), callIds: z.array(z.string()) });

const cipher = "aes-256-gcm";
const ivBytes = 12;
const tagBytes = 16;

/** The same trust opens what it sealed, also after a restart. */
const keyOf = (secret: string): Uint8Array => createHash("sha256").update(`reasoning ${secret}`).digest();

export function seal(content: Sealed, secret: string): string {
  const iv = randomBytes(ivBytes);
  const encrypt = createCipheriv(cipher, keyOf(secret), iv);
  const bytes = [encrypt.update(JSON.stringify(content), "utf8"), encrypt.final()];
  return Buffer.concat([iv, encrypt.getAuthTag(), ...bytes]).toString("base64url");
}

/** What was sealed, or `undefined` if a single bit of it is not as it was. */
export function unseal(text: string, secret: string): Sealed | undefined {
  const bytes = Buffer.from(text, "base64url");
  // Decoding skips what is not base64url, so the text is compared after a round trip.
  if (bytes.toString("base64url") !== text || bytes.length < ivBytes + tagBytes) return undefined;
  const decrypt = createDecipheriv(cipher, keyOf(secret), bytes.subarray(0, ivBytes), {
    authTagLength: tagBytes,
  });
  decrypt.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
  try {
    const plain = Buffer.concat([decrypt.update(bytes.subarray(ivBytes + tagBytes)), decrypt.final()]);
    const parsed = sealedSchema.safeParse(parseJson(plain.toString("utf8")));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
