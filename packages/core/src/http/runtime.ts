/**
 * Whether `fetch` is Node's own and nobody has a hand in it. Whoever replaces it, gives it a dispatcher, a proxy or an
 * observer means every request of the process: then it is asked, as if this folder were not there.
 */

/** Before anything that is loaded later can replace it; what had been put in its place before is told by its source. */
const atLoad: unknown = Reflect.get(globalThis, "fetch");

/** Where undici, in Node or installed, keeps the dispatcher of the process: of its 7th and earlier, of its 8th major version. */
const DISPATCHERS = [Symbol.for("undici.globalDispatcher.1"), Symbol.for("undici.globalDispatcher.2")];

let fixed: boolean | undefined;
let known: unknown;
let requests: { readonly hasSubscribers: boolean } | undefined;

/** Whether a request may go past `fetch`. Asked for each one. */
export function isUnhindered(): boolean {
  fixed ??= isNode() && isNative(atLoad) && !isProxiedByEnvironment();
  if (!fixed || Reflect.get(globalThis, "fetch") !== atLoad) return false;
  // Tracing of undici's requests is subscribed to here.
  requests ??= process.getBuiltinModule("node:diagnostics_channel").channel("undici:request:create");
  return !requests.hasSubscribers && DISPATCHERS.every((name) => isDefault(Reflect.get(globalThis, name)));
}

function isNode(): boolean {
  if (typeof process !== "object" || typeof process.getBuiltinModule !== "function") return false;
  const { node, bun, deno } = process.versions as Readonly<Record<string, string | undefined>>;
  return node !== undefined && bun === undefined && deno === undefined;
}

/** Node's `fetch` is written in JavaScript, and loads what no program can load. */
function isNative(candidate: unknown): boolean {
  return (
    typeof candidate === "function" &&
    Function.prototype.toString.call(candidate).includes("internal/deps/undici/undici")
  );
}

function isProxiedByEnvironment(): boolean {
  const { NODE_USE_ENV_PROXY: variable, NODE_OPTIONS: options = "" } = process.env;
  return (
    variable !== undefined || [...process.execArgv, options].some((one) => one.includes("--use-env-proxy"))
  );
}

/** Whether a dispatcher is the one that undici makes by itself, or does as much: an `Agent` with nothing set. */
function isDefault(dispatcher: unknown): boolean {
  if (dispatcher === undefined || dispatcher === known) return true;
  if (typeof dispatcher !== "object" || dispatcher === null) return false;
  // What `compose` makes is a proxy of the agent it stands before.
  if (process.getBuiltinModule("node:util").types.isProxy(dispatcher)) return false;
  if (dispatcher.constructor.name !== "Agent" || Object.hasOwn(dispatcher, "dispatch")) return false;
  const symbols = new Map(
    Object.getOwnPropertySymbols(dispatcher).map((symbol) => [symbol.description, symbol]),
  );
  const options = readOwn(dispatcher, symbols.get("options"));
  const factory = readOwn(dispatcher, symbols.get("factory"));
  if (typeof options !== "object" || options === null) return false;
  if (typeof factory !== "function" || factory.name !== "defaultFactory") return false;
  if (!Object.values(options).every(isUnset)) return false;
  known = dispatcher;
  return true;
}

const readOwn = (of: object, symbol: symbol | undefined): unknown =>
  symbol === undefined ? undefined : Reflect.get(of, symbol);

/** What undici writes into options for what was not given. */
const isUnset = (value: unknown): boolean => value === undefined || value === 0 || value === Infinity;
