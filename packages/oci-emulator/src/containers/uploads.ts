// Files on their way into a container: sent along as a form, or named by the id of an uploaded file.
import { z } from "zod";
import { type ErrorReply, openaiError } from "../http/envelopes.ts";
import type { RawRequest } from "../http/request.ts";
import type { EmulatorState } from "../state.ts";
import type { NewFile } from "./store.ts";

type Incoming = Omit<NewFile, "source">;

interface Refused {
  readonly ok: false;
  readonly error: ErrorReply;
  readonly reason: string;
}

type Upload = { readonly ok: true; readonly file: Incoming } | Refused;
type Found = { readonly ok: true; readonly files: readonly Incoming[] } | Refused;

const refuse = (error: ErrorReply, reason: string): Refused => ({ ok: false, error, reason });

const reference = z.strictObject({ file_id: z.string() });

/** The file that a request brings, as a form's `file` or as `{ "file_id": … }`. */
export async function readUpload(request: RawRequest, scope: string, state: EmulatorState): Promise<Upload> {
  const contentType = request.headers.first("content-type") ?? "";
  if (!/^multipart\/form-data\b/i.test(contentType)) {
    const named = reference.safeParse(request.json());
    return named.success ? fileById(named.data.file_id, scope, state) : nothingSent();
  }
  let form: FormData;
  try {
    form = await new Response(new Uint8Array(request.body), {
      headers: { "content-type": contentType },
    }).formData();
  } catch {
    const text = "We could not parse the form of your request.";
    return refuse(openaiError(400, text), "the body is not the form that its content-type says");
  }
  const [file, id] = [form.get("file"), form.get("file_id")];
  if (file instanceof File) {
    return { ok: true, file: { filename: file.name, bytes: new Uint8Array(await file.arrayBuffer()) } };
  }
  return typeof id === "string" ? fileById(id, scope, state) : nothingSent();
}

const nothingSent = (): Refused =>
  refuse(
    openaiError(
      400,
      "Missing required parameter: 'file'. Send a file, or the 'file_id' of an uploaded one.",
      {
        param: "file",
        code: "missing_required_parameter",
      },
    ),
    "there is neither a file nor a file_id",
  );

/** Uploaded files by their ids, all of them or none. */
export function filesById(ids: readonly string[], scope: string, state: EmulatorState): Found {
  const files: Incoming[] = [];
  for (const id of ids) {
    const found = fileById(id, scope, state);
    if (!found.ok) return found;
    files.push(found.file);
  }
  return { ok: true, files };
}

function fileById(id: string, scope: string, state: EmulatorState): Upload {
  const found = state.files.get(id, scope);
  if (found !== undefined) return { ok: true, file: { filename: found.filename, bytes: found.bytes } };
  const error = openaiError(404, `File with id '${id}' not found.`, { param: "file_id" });
  return refuse(error, `there is no file ${id}`);
}
