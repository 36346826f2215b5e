// What a multipart upload brings, or the parameter that is wrong with it.
import { openaiError } from "../http/envelopes.ts";
import type { RawRequest } from "../http/request.ts";
import type { Refused } from "../surface/scope.ts";

interface Upload {
  readonly filename: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  readonly purpose: string;
  readonly expiresAfterSeconds: number | undefined;
}

export type UploadResult =
  | { readonly ok: true; readonly upload: Upload }
  | { readonly ok: false; readonly refused: Refused };

/** Purposes, and the names that files for them must have. */
const purposes: ReadonlyMap<string, { readonly name: RegExp; readonly expected: string }> = new Map(
  Object.entries({
    assistants: { name: /./s, expected: "any name" },
    user_data: { name: /./s, expected: "any name" },
    batch: { name: /\.jsonl$/i, expected: ".jsonl" },
    "fine-tune": { name: /\.jsonl$/i, expected: ".jsonl" },
    evals: { name: /\.jsonl$/i, expected: ".jsonl" },
    vision: { name: /\.(gif|jpe?g|png|webp)$/i, expected: ".gif, .jpeg, .jpg, .png or .webp" },
  }),
);

const fields: ReadonlySet<string> = new Set([
  "file",
  "purpose",
  "expires_after[anchor]",
  "expires_after[seconds]",
]);

/** How long a file that expires may live, in seconds. */
const life = { least: 3600, most: 30 * 24 * 3600 };

export async function readUpload(request: RawRequest): Promise<UploadResult> {
  const form = await readForm(request);
  if (form === undefined) return wrong(null, "The body is no multipart/form-data that can be read.");
  const unknown = [...form.keys()].find((name) => !fields.has(name));
  if (unknown !== undefined) return wrong(unknown, `Unknown parameter: '${unknown}'.`);
  const [file, ...others] = form.getAll("file");
  if (file === undefined) return wrong("file", "Missing required parameter: 'file'.");
  if (typeof file === "string") return wrong("file", "Expected 'file' to be a file with a name.");
  if (others.length > 0) return wrong("file", "Expected one 'file'.");
  if (file.size === 0) return wrong("file", "The file is empty.");
  const purpose = form.get("purpose");
  if (typeof purpose !== "string") return wrong("purpose", "Missing required parameter: 'purpose'.");
  const rule = purposes.get(purpose);
  if (rule === undefined) {
    const expected = [...purposes.keys()].join(", ");
    return wrong("purpose", `Invalid value for 'purpose': '${purpose}'. Expected one of ${expected}.`);
  }
  if (!rule.name.test(file.name)) {
    return wrong("file", `Invalid file '${file.name}' for purpose '${purpose}': expected ${rule.expected}.`);
  }
  const expiry = readExpiry(form);
  if (typeof expiry === "string") return wrong("expires_after", expiry);
  return {
    ok: true,
    upload: {
      filename: file.name,
      contentType: file.type || "application/octet-stream",
      bytes: new Uint8Array(await file.arrayBuffer()),
      purpose,
      expiresAfterSeconds: expiry?.seconds,
    },
  };
}

async function readForm({ headers, body }: RawRequest): Promise<FormData | undefined> {
  const contentType = headers.first("content-type") ?? "";
  if (!/^multipart\/form-data\b/i.test(contentType)) return undefined;
  try {
    return await new Response(Buffer.from(body), { headers: { "content-type": contentType } }).formData();
  } catch {
    return undefined;
  }
}

/** The expiry asked for, if any; a string says what is wrong with it. */
function readExpiry(form: FormData): { readonly seconds: number } | string | undefined {
  const [anchor, given] = [form.get("expires_after[anchor]"), form.get("expires_after[seconds]")];
  if (anchor === null && given === null) return undefined;
  if (anchor !== "created_at") return "Invalid 'expires_after[anchor]': expected created_at.";
  const seconds = typeof given === "string" && given !== "" ? Number(given) : Number.NaN;
  if (Number.isInteger(seconds) && seconds >= life.least && seconds <= life.most) return { seconds };
  return `Invalid 'expires_after[seconds]': expected an integer from ${life.least} to ${life.most}.`;
}

function wrong(param: string | null, reason: string): UploadResult {
  return {
    ok: false,
    refused: { error: openaiError(400, reason, { param, code: "invalid_value" }), reason },
  };
}
