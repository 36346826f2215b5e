// Containers as resources, and the files in them.
import { z } from "zod";
import { refusal } from "../http/dispatch.ts";
import { type ErrorReply, ociError, openaiError } from "../http/envelopes.ts";
import type { Reply } from "../http/reply.ts";
import type { Call, Route } from "../http/route.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { pageOf } from "../responses/page.ts";
import type { EmulatorState } from "../state.ts";
import { checkCompartmentHeader, scopeOf } from "../surface/scope.ts";
import { type Container, type ContainerFile, maxIdleMinutes, tenancyMemory } from "./store.ts";
import { filesById, readUpload } from "./uploads.ts";

const base = `^/(?:20231130/)?openai/v1/containers`;
const credentials = ["signature", "api_key"] as const;

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
  { method: "POST", path: new RegExp(`${base}$`), credentials, handle: withScope(create) },
  {
    method: "GET",
    path: new RegExp(`${base}$`),
    credentials,
    handle: withScope((call, state, scope) =>
      listReply(state.containers.list(scope).map(containerObject), call),
    ),
  },
  {
    method: "GET",
    path: new RegExp(`${base}/[^/]+$`),
    credentials,
    handle: withContainer((container) => ok(containerObject(container))),
  },
  {
    method: "DELETE",
    path: new RegExp(`${base}/[^/]+$`),
    credentials,
    handle: withContainer(({ id }, { containers }) => {
      containers.delete(id);
      return ok({ id, object: "container.deleted", deleted: true });
    }),
  },
  {
    method: "POST",
    path: new RegExp(`${base}/[^/]+/files$`),
    credentials,
    handle: withRunning(async ({ id, scope }, state, { request }) => {
      const upload = await readUpload(request, scope, state);
      if (!upload.ok) return refusal(upload.error, upload.reason);
      const put = state.containers.putFile(id, { ...upload.file, source: "user" });
      return put === undefined
        ? refusal(noRoom, "the files of containers fill the emulator")
        : ok(fileObject(put));
    }),
  },
  {
    method: "GET",
    path: new RegExp(`${base}/[^/]+/files$`),
    credentials,
    handle: withRunning(({ id }, state, call) =>
      listReply(state.containers.filesOf(id).map(fileObject), call),
    ),
  },
  {
    method: "GET",
    path: new RegExp(`${base}/[^/]+/files/[^/]+$`),
    credentials,
    handle: withFile((file) => ok(fileObject(file))),
  },
  {
    method: "GET",
    path: new RegExp(`${base}/[^/]+/files/[^/]+/content$`),
    credentials,
    handle: withFile(({ bytes }) => ({
      kind: "bytes",
      status: 200,
      contentType: "application/octet-stream",
      headers: { "content-length": String(bytes.length) },
      bytes: once(bytes),
    })),
  },
  {
    method: "DELETE",
    path: new RegExp(`${base}/[^/]+/files/[^/]+$`),
    credentials,
    handle: withFile(({ id }, { containers }) => {
      containers.deleteFile(id);
      return ok({ id, object: "container.file.deleted", deleted: true });
    }),
  },
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
  const parsed = createBody.safeParse(call.request.json() ?? {});
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const param = issue?.path.join(".") ?? "";
    const text = `Invalid value for '${param}': ${issue?.message}.`;
    return refusal(openaiError(400, text, { param, code: "invalid_value" }), text);
  }
  const { name, file_ids: fileIds, memory_limit: memoryLimit, expires_after: expires } = parsed.data;
  const files = filesById(fileIds ?? [], scope, state);
  if (!files.ok) return refusal(files.error, files.reason);
  const container = state.containers.create(scope, {
    name,
    memoryLimit: memoryLimit ?? undefined,
    idleMinutes: expires?.minutes,
  });
  if (container === undefined) return refusal(memoryExceeded, "the tenancy's memory is taken");
  for (const file of files.files) state.containers.putFile(container.id, { ...file, source: "user" });
  return ok(containerObject(container));
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

function withScope(handle: (call: Call, state: EmulatorState, scope: string) => Handled): Route["handle"] {
  return (call, state) => {
    const outside = checkCompartmentHeader(call, state);
    if (outside !== undefined) return refusal(outside.error, outside.reason);
    const scoped = scopeOf(call, state, true);
    if (!scoped.ok) return refusal(scoped.refused.error, scoped.refused.reason);
    return handle(call, state, scoped.scope);
  };
}

function withContainer(
  handle: (container: Container, state: EmulatorState, call: Call) => Handled,
): Route["handle"] {
  return withScope((call, state, scope) => {
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
