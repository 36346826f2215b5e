/** Whether a tool may be called as the model wishes: its name, its arguments, and the URLs and paths among them. */
import type { GuardrailReport } from "../hooks/types.ts";
import type { JsonValue } from "../json/json.ts";
import type { ToolCall } from "../tool/types.ts";
import { findHazard } from "./hazards.ts";
import { checkPath } from "./net/check-path.ts";
import { checkUrl } from "./net/check-url.ts";
import { matchesAny, matchesGlob } from "./net/glob.ts";
import type { CallAction, PathGuard, ToolRule, UrlGuard } from "./options.ts";
import type { GuardrailsPlan } from "./plan.ts";
import { mapJson } from "./texts.ts";
import type { Refusal } from "./verdicts.ts";

/** Something against a call: who says so, what is to be done, and why, for the model to read. */
export interface Objection {
  readonly detector: string;
  readonly action: CallAction;
  readonly reason: string;
}

/** All that is against the call; a guard that need not be asked is not. */
export async function objectionsTo(call: ToolCall, plan: GuardrailsPlan): Promise<readonly Objection[]> {
  const { allow, deny = [], rules = {} } = plan.tools;
  if (matchesAny(deny, call.name) || (allow !== undefined && !matchesAny(allow, call.name))) {
    return [{ detector: "tools", action: "block", reason: "this tool is not allowed" }];
  }
  const found: Objection[] = [];
  for (const [pattern, rule] of Object.entries(rules)) {
    const { action = "block" } = rule;
    if (action === "allow" || !matchesGlob(pattern, call.name)) continue;
    const reason = await broken(rule, call);
    if (reason !== undefined) found.push({ detector: "tools", action, reason });
  }
  return [
    ...found,
    ...(await places(call, "urls", plan.urls, isUrl, urlRefusal)),
    ...(await places(call, "paths", plan.paths, isPath, pathRefusal)),
  ];
}

export function reportOf({ detector, action, reason }: Objection, where: string): GuardrailReport {
  // What a rule of the user's says may quote the arguments; it is for the model, and not for the record of findings.
  return { detector, action, where, detail: detector === "tools" ? "a rule for this tool" : reason };
}

async function broken(rule: ToolRule, call: ToolCall): Promise<string | undefined> {
  const { schema, check, forbid = [], maxChars } = rule;
  const args = call.arguments;
  if (maxChars !== undefined && JSON.stringify(args).length > maxChars) {
    return `its arguments are longer than ${maxChars} characters`;
  }
  const hazard = forbid.length === 0 ? undefined : findHazard(textsOf(args), forbid);
  if (hazard !== undefined) return `its arguments hold ${hazard}`;
  const issues = (await schema?.["~standard"].validate(args))?.issues;
  if (issues !== undefined) return `its arguments do not fit its rule: ${issues.map(describe).join("; ")}`;
  return check?.(args, call);
}

function describe({
  message,
  path = [],
}: {
  readonly message: string;
  readonly path?: readonly unknown[] | undefined;
}): string {
  const keys = path.map((step) => String(step instanceof Object && "key" in step ? step.key : step));
  return keys.length === 0 ? message : `${keys.join(".")}: ${message}`;
}

function textsOf(value: JsonValue): readonly string[] {
  const texts: string[] = [];
  mapJson(value, (text) => {
    texts.push(text);
    return text;
  });
  return texts;
}

type Place = { readonly name: string; readonly text: string };

async function places<Policy extends UrlGuard | PathGuard>(
  call: ToolCall,
  detector: string,
  policy: Policy,
  looksLike: (place: Place) => boolean,
  refusal: (text: string, policy: Policy) => Promise<Refusal | undefined>,
): Promise<readonly Objection[]> {
  const { action = "block" } = policy;
  if (action === "allow") return [];
  const named = policy.arguments === undefined ? undefined : namesFor(call.name, policy.arguments);
  const found: Objection[] = [];
  for (const place of placesIn(call.arguments)) {
    if (named === undefined ? !looksLike(place) : !named.includes(place.name)) continue;
    const refused = await refusal(place.text, policy);
    if (refused === undefined) continue;
    found.push({
      detector,
      action,
      reason: `a ${detector === "urls" ? "URL" : "path"} in its arguments is not allowed: ${refused.reason}`,
    });
  }
  return found;
}

function namesFor(tool: string, byTool: Readonly<Record<string, readonly string[]>>): readonly string[] {
  return Object.entries(byTool).flatMap(([pattern, names]) => (matchesGlob(pattern, tool) ? names : []));
}

/** Every text, with the name of the member that holds it; those in a list have the list's. */
function* placesIn(value: JsonValue, name = ""): Generator<Place> {
  if (typeof value === "string") yield { name, text: value };
  else if (Array.isArray(value)) for (const item of value) yield* placesIn(item, name);
  else if (typeof value === "object" && value !== null) {
    for (const [key, member] of Object.entries(value)) yield* placesIn(member, key);
  }
}

const URL_NAME =
  /(?:^|[_-])(?:url|uri|href|link|endpoint|webhook|callback)s?$|(?:Url|URL|Uri|URI|Href|Link|Endpoint|Webhook|Callback)s?$/;
const FETCHED = /^\s{0,20}(?:https?|ftps?|wss?|file|gopher|dict|ldaps?|tftp|jar|netdoc|view-source):/i;
const ANY_SCHEME = /^\s{0,20}[a-z][a-z0-9+.-]{0,30}:/i;
const HOST =
  /^(?:\/\/|\[[\da-f:]|(?:[\w-]{1,63}\.){1,10}[\w-]{1,63}(?:[:/?#]|$)|localhost\b|\d+(?:[:/]|$)|0x[\da-f]+)/i;

/** In any argument what programs fetch; in one that is called a URL, what may be meant as one. */
function isUrl({ name, text }: Place): boolean {
  if (FETCHED.test(text)) return true;
  return URL_NAME.test(name) && (ANY_SCHEME.test(text) || HOST.test(text.trim()));
}

async function urlRefusal(text: string, policy: UrlGuard): Promise<Refusal | undefined> {
  const trimmed = text.trim();
  const hasScheme = ANY_SCHEME.test(trimmed) && !/^[\w.-]+:\d+(?:[/?#]|$)/.test(trimmed);
  const verdict = await checkUrl(hasScheme ? trimmed : `http://${trimmed.replace(/^\/\//, "")}`, policy);
  return verdict.ok ? undefined : verdict;
}

const PATH_NAME =
  /(?:^|[_-])(?:file_?)?(?:path|file|filename|file_name|dir|directory|folder)s?$|(?:Path|File|FileName|Filename|Dir|Directory|Folder)s?$/;
/** Longer than paths are: the content of a file. */
const LONGEST_PATH = 4096;

function isPath({ name, text }: Place): boolean {
  return PATH_NAME.test(name) && text !== "" && text.length <= LONGEST_PATH && !FETCHED.test(text);
}

async function pathRefusal(text: string, { roots, allowAbsolute }: PathGuard): Promise<Refusal | undefined> {
  const verdict = await checkPath(text, { roots, allowAbsolute });
  return verdict.ok ? undefined : verdict;
}
