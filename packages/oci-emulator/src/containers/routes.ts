// Containers as resources, and the files in them.
import { z } from "zod";
import { refusal } from "../http/dispatch.ts";
import { type ErrorReply, ociError, openaiError } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { Call, Route } from "../http/route.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { pageOf } from "../responses/page.ts";
import type { EmulatorState } from "../state.ts";
import { onBothBases } from "../surface/bases.ts";
import { withBody } from "../surface/body.ts";
import { withProject } from "../surface/project.ts";
import { type Container, type ContainerFile, maxIdleMinutes, tenancyMemory } from "./store.ts";
import { filesById, readUpload } from "./uploads.ts";

const containers = "/containers";
const container = "/containers/[^/]+";

const createBody = z.strictObject({
  name: z.string().min(1),
  expires_after: z
    .strictObject({
      anchor: z.literal("last_active_at"),
      minutes: z.int().min(1).max(maxIdleMinutes, `expected at most ${maxIdleMinutes} minutes`),
    })
    .nullish(),
  file_ids: z.array(z.string()).nullish(),
  memory_limit: z.enum(["1g", "4g", "16g", "64g"]).nullish(),
});

export const containerRoutes: readonly Route[] = [
  ...onBothBases("POST", containers, withProject(create)),
  ...onBothBases(
    "GET",
    containers,
    withProject((call, state, scope) => listReply(state.containers.list(scope).map(containerObject), call)),
  ),
  ...onBothBases(
    "GET",
    container,
    withContainer((found) => ok(containerObject(found))),
  ),
  ...onBothBases(
    "DELETE",
    container,
    withContainer(({ id }, state) => {
      state.containers.delete(id);
      return ok({ id, object: "container.deleted", deleted: true });
    }),
  ),
  ...onBothBases("POST", `${container}/files`, withRunning(addFile)),
  ...onBothBases(
    "GET",
    `${container}/files`,
    withRunning(({ id }, state, call) => listReply(state.containers.filesOf(id).map(fileObject), call)),
  ),
  ...onBothBases(
    "GET",
    `${container}/files/[^/]+`,
    withFile((file) => ok(fileObject(file))),
  ),
  ...onBothBases(
    "GET",
    `${container}/files/[^/]+/content`,
    withFile(({ bytes }) => ({
      kind: "bytes",
      status: 200,
      contentType: "application/octet-stream",
      headers: { "content-length": String(bytes.length) },
      bytes: once(bytes),
    })),
  ),
  ...onBothBases(
    "DELETE",
    `${container}/files/[^/]+`,
    withFile(({ id }, state) => {
      state.containers.deleteFile(id);
      return ok({ id, object: "container.file.deleted", deleted: true });
    }),
  ),
];

/** There is no such container for whoever asks, or it has expired. */
export const containerNotFound = (id: string): ErrorReply =>
  openaiError(404, `Container with id '${id}' not found.`);

/** The containers that live already leave too little of the tenancy's memory. */
export const memoryExceeded: ErrorReply = ociError(
  400,
  "LimitExceeded",
  `The containers of a tenancy may have ${tenancyMemory} GB together: delete one, or wait until one expires.`,
);

const noRoom: ErrorReply = ociError(
  400,
  "LimitExceeded",
  "The emulator has no room for more files of containers: delete some.",
);

const seconds = (ms: number): number => Math.floor(ms / 1000);

const containerObject = (container: Container): JsonObject & { readonly id: string } => ({
  id: container.id,
  object: "container",
  created_at: seconds(container.createdMs),
  status: container.status,
  expires_after: { anchor: "last_active_at", minutes: container.idleMinutes },
  last_active_at: seconds(container.lastActiveMs),
  memory_limit: container.memoryLimit,
  name: container.name,
});

const fileObject = (file: ContainerFile): JsonObject & { readonly id: string } => ({
  id: file.id,
  object: "container.file",
  created_at: seconds(file.createdMs),
  bytes: file.bytes.length,
  container_id: file.containerId,
  path: `/mnt/data/${file.filename}`,
  source: file.source,
});

function create(call: Call, state: EmulatorState, scope: string): Reply {
  return withBody(createBody, call, (body) => {
    const files = filesById(body.file_ids ?? [], scope, state);
    if (!files.ok) return refusal(files.error, files.reason);
    const made = state.containers.create(scope, {
      name: body.name,
      memoryLimit: body.memory_limit ?? undefined,
      idleMinutes: body.expires_after?.minutes,
    });
    if (made === undefined) return refusal(memoryExceeded, "the tenancy's memory is taken");
    for (const file of files.files) {
      if (state.containers.putFile(made.id, { ...file, source: "user" }) !== undefined) continue;
      state.containers.delete(made.id);
      return refusal(noRoom, "the files of containers fill the emulator");
    }
    return ok(containerObject(made));
  });
}

async function addFile({ id, scope }: Container, state: EmulatorState, { request }: Call): Promise<Reply> {
  const upload = await readUpload(request, scope, state);
  if (!upload.ok) return refusal(upload.error, upload.reason);
  const put = state.containers.putFile(id, { ...upload.file, source: "user" });
  return put === undefined
    ? refusal(noRoom, "the files of containers fill the emulator")
    : ok(fileObject(put));
}

const ok = (body: JsonValue): Reply => ({ kind: "body", status: 200, body });

function listReply(objects: readonly (JsonObject & { readonly id: string })[], { request }: Call): Reply {
  const page = pageOf(objects, request);
  return page.ok ? ok(page.list) : refusal(page.error, "the query asks for no page");
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

type Handled = Reply | Promise<Reply>;

function withContainer(
  handle: (container: Container, state: EmulatorState, call: Call) => Handled,
): Route["handle"] {
  return withProject((call, state, scope) => {
    const id = /\/containers\/([^/]+)/.exec(call.request.path)?.[1] ?? "";
    const found = state.containers.use(id, scope);
    if (found !== undefined) return handle(found, state, call);
    return refusal(containerNotFound(id), `there is no container ${id}`);
  });
}

/** The files of a container go with it. */
function withRunning(
  handle: (container: Container, state: EmulatorState, call: Call) => Handled,
): Route["handle"] {
  return withContainer((container, state, call) => {
    const { id, status } = container;
    if (status === "running") return handle(container, state, call);
    return refusal(containerNotFound(id), `container ${id} has expired`);
  });
}

function withFile(handle: (file: ContainerFile, state: EmulatorState) => Reply): Route["handle"] {
  return withRunning(({ id: containerId }, state, { request }) => {
    const id = /\/files\/([^/]+)/.exec(request.path)?.[1] ?? "";
    const found = state.containers.file(containerId, id);
    if (found !== undefined) return handle(found, state);
    return refusal(openaiError(404, `Container file with id '${id}' not found.`), `there is no file ${id}`);
  });
}
