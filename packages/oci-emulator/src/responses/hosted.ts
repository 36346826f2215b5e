// What hosted tools run on: the containers and vector stores of the scope that a response is made in.
import { z } from "zod";
import type { Hosted, HostedTools, Workspace } from "../answers/question.ts";
import { containerNotFound, memoryExceeded } from "../containers/routes.ts";
import type { Container } from "../containers/store.ts";
import { filesById } from "../containers/uploads.ts";
import { type ErrorReply, openaiError } from "../http/envelopes.ts";
import { type JsonObject, plainText } from "../json.ts";
import type { EmulatorState } from "../state.ts";
import { filterSchema } from "../vector-stores/filters.ts";
import { searchStores } from "../vector-stores/search.ts";
import type { Item } from "./items.ts";

/** Who asks: containers are of the project, vector stores of the compartment. */
interface Room {
  readonly state: EmulatorState;
  readonly scope: string;
  readonly compartmentId: string;
}

const fileSearch = z.looseObject({
  vector_store_ids: z.array(z.string()).min(1),
  max_num_results: z.int().min(1).max(50).optional(),
  filters: filterSchema.nullish(),
  ranking_options: z.looseObject({ score_threshold: z.number().min(0).max(1).optional() }).nullish(),
});

const codeInterpreter = z.looseObject({
  container: z.union([
    z.string(),
    z.looseObject({
      type: z.literal("auto"),
      file_ids: z.array(z.string()).nullish(),
      memory_limit: z.enum(["1g", "4g", "16g", "64g"]).nullish(),
    }),
  ]),
});

export function hostedTools(items: readonly Item[], room: Room): HostedTools {
  return {
    items,
    search: (tool, query) => search(tool, query, room),
    open: (tool) => open(tool, items, room),
  };
}

const failed = (error: ErrorReply): Hosted<never> => ({ ok: false, error });

function badTool(type: string, { issues: [issue] }: z.ZodError): ErrorReply {
  const text = `Invalid value for '${issue?.path.join(".")}' of a ${type} tool: ${issue?.message}.`;
  return openaiError(400, text, { param: "tools", code: "invalid_value" });
}

function search(
  tool: JsonObject,
  query: string,
  { state, compartmentId }: Room,
): ReturnType<HostedTools["search"]> {
  const parsed = fileSearch.safeParse(tool);
  if (!parsed.success) return failed(badTool("file_search", parsed.error));
  const { vector_store_ids: ids, max_num_results: max, filters, ranking_options: ranking } = parsed.data;
  const unknown = ids.find((id) => state.vectorStores.get(id, compartmentId) === undefined);
  if (unknown !== undefined) return failed(openaiError(404, `Vector store with id '${unknown}' not found.`));
  const options = { filter: filters ?? undefined, scoreThreshold: ranking?.score_threshold };
  return { ok: true, value: searchStores(state, ids, query, max, options) };
}

function open(tool: JsonObject, items: readonly Item[], { scope, state }: Room): Hosted<Workspace> {
  const parsed = codeInterpreter.safeParse(tool);
  if (!parsed.success) return failed(badTool("code_interpreter", parsed.error));
  const { container } = parsed.data;
  if (typeof container === "string") {
    const found = state.containers.use(container, scope);
    return found?.status === "running"
      ? { ok: true, value: workspace(found, state) }
      : failed(containerNotFound(container));
  }
  const files = filesById(container.file_ids ?? [], scope, state);
  if (!files.ok) return failed(files.error);
  const own =
    lastContainer(items, scope, state) ??
    state.containers.create(scope, { name: "auto", memoryLimit: container.memory_limit ?? undefined });
  if (own === undefined) return failed(memoryExceeded);
  const held = new Set(state.containers.filesOf(own.id).map(({ filename }) => filename));
  for (const file of files.files) {
    if (!held.has(file.filename)) state.containers.putFile(own.id, { ...file, source: "user" });
  }
  return { ok: true, value: workspace(own, state) };
}

/** The thread goes on in the container that it used last, while there is one. */
function lastContainer(items: readonly Item[], scope: string, state: EmulatorState): Container | undefined {
  const call = items.findLast(({ type }) => type === "code_interpreter_call");
  const found = call === undefined ? undefined : state.containers.use(plainText(call.container_id), scope);
  return found?.status === "running" ? found : undefined;
}

const workspace = ({ id }: Container, { containers }: EmulatorState): Workspace => ({
  id,
  files: containers.filesOf(id),
  save: (filename, bytes) => containers.putFile(id, { filename, bytes, source: "assistant" }),
});
