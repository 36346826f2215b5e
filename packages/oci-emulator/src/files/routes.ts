// Files as resources: upload, list, retrieve, content, delete.
import { refusal } from "../http/dispatch.ts";
import { ociError, openaiError } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { Route } from "../http/route.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import type { EmulatorState } from "../state.ts";
import { onBothBases } from "../surface/bases.ts";
import { listReply, queryOf } from "../surface/list.ts";
import { withProject } from "../surface/project.ts";
import type { StoredFile } from "./store.ts";
import { readUpload } from "./upload.ts";

const base = "/files";
const one = `${base}/[^/]+`;

export const fileRoutes: readonly Route[] = [
  ...onBothBases(
    "POST",
    base,
    withProject(async ({ request }, state, scope) => {
      const read = await readUpload(request);
      if (!read.ok) return refusal(read.refused.error, read.refused.reason);
      if (state.files.isFullFor(read.upload.bytes.byteLength)) {
        const text = "The emulator keeps no more files: delete some, or reset() it.";
        return refusal(ociError(400, "LimitExceeded", text), text);
      }
      return ok(objectOf(state.files.add({ ...read.upload, scope })));
    }),
  ),
  ...onBothBases(
    "GET",
    base,
    withProject(({ request }, state, scope) => {
      const wanted = queryOf(request).get("purpose");
      return listReply(state.files.in(scope), request, {
        render: objectOf,
        where: ({ purpose }) => wanted === null || purpose === wanted,
        limits: { usual: 10_000, most: 10_000 },
      });
    }),
  ),
  ...onBothBases(
    "GET",
    one,
    withFile((file) => ok(objectOf(file))),
  ),
  ...onBothBases(
    "GET",
    `${one}/content`,
    withFile(({ bytes, contentType, filename }) => ({
      kind: "bytes",
      status: 200,
      contentType,
      headers: {
        "content-length": String(bytes.byteLength),
        "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(filename)}`,
      },
      bytes: once(bytes),
    })),
  ),
  ...onBothBases(
    "DELETE",
    one,
    withFile(({ id }, state) => {
      state.files.delete(id);
      return ok({ id, object: "file", deleted: true });
    }),
  ),
];

function fileNotFound(id: string): Reply {
  const text = `No such File object: ${id}`;
  return refusal(openaiError(404, text, { param: "id" }), `there is no file ${id} in this project`);
}

const ok = (body: JsonValue): Reply => ({ kind: "body", status: 200, body });

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes;
}

const objectOf = (file: StoredFile): JsonObject => ({
  id: file.id,
  object: "file",
  bytes: file.bytes.byteLength,
  created_at: Math.floor(file.createdMs / 1000),
  ...(file.expiresMs === undefined ? {} : { expires_at: Math.floor(file.expiresMs / 1000) }),
  filename: file.filename,
  purpose: file.purpose,
  status: "processed",
});

function withFile(handle: (file: StoredFile, state: EmulatorState) => Reply): Route["handle"] {
  return withProject(({ request }, state, scope) => {
    const id = /\/files\/([^/]+)/.exec(request.path)?.[1] ?? "";
    const found = state.files.get(id, scope);
    return found === undefined ? fileNotFound(id) : handle(found, state);
  });
}
