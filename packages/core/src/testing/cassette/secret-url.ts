/** Addresses that are a key themselves: whoever has one is let in. */
import { keptBy } from "./secret-name.ts";

/** A pre-authenticated request of OCI Object Storage, on whatever host. */
const PRE_AUTHENTICATED = /(\/p\/)[\w-]{16,256}(?=\/n\/[^\s/]{1,256}\/b\/)/g;
const PARAMETER = /([?&])([\w.-]{1,64})=[^\s&#"'<>\\]+/g;
/** What signs an address for S3, Azure and Google. */
const SIGNATURE = /^(?:sig|signature|x-(?:amz|goog)-(?:signature|credential))$/i;

/** `text` without what lets in by the addresses in it. */
export function redactUrls(text: string): string {
  return text
    .replace(PRE_AUTHENTICATED, "$1[redacted]")
    .replace(PARAMETER, (whole, mark: string, name: string) =>
      SIGNATURE.test(name) || keptBy(name) !== "nothing" ? `${mark}${name}=[redacted]` : whole,
    );
}
