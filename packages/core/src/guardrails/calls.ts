/** Whether a tool may be called as the model wishes: its name, its arguments, and the URLs and paths among them. */
import type { GuardrailReport } from "../hooks/types.ts";
import type { JsonValue } from "../json/json.ts";
import type { ToolCall } from "../tool/types.ts";
import { findHazard } from "./hazards.ts";
import { isFetched, isPathName, urlName, urlsMeant } from "./named.ts";
import { checkPath, LONGEST_PATH } from "./net/check-path.ts";
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
    ...(await places(call, "urls", plan.urls, urlRefusal)),
    ...(await places(call, "paths", plan.paths, pathRefusal)),
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
  refusal: (place: Place, policy: Policy, isNamed: boolean) => Promise<Refusal | undefined>,
): Promise<readonly Objection[]> {
  const { action = "block" } = policy;
  if (action === "allow") return [];
  const named = policy.arguments === undefined ? undefined : namesFor(call.name, policy.arguments);
  const found: Objection[] = [];
  for (const place of placesIn(call.arguments)) {
    if (named?.includes(place.name) === false) continue;
    const refused = await refusal(place, policy, named !== undefined);
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

/** In any argument what programs fetch; in one that is called a URL, whatever may be meant as one. */
async function urlRefusal(
  { name, text }: Place,
  policy: UrlGuard,
  isNamed: boolean,
): Promise<Refusal | undefined> {
  const called = isNamed ? "surely" : urlName(name);
  if (called === undefined && !isFetched(text)) return undefined;
  for (const url of urlsMeant(text, called === "surely")) {
    const verdict = await checkUrl(url, policy);
    // What may be a title is not refused for being no address.
    if (!verdict.ok && !(called === "maybe" && verdict.code === "invalid")) return verdict;
  }
  return undefined;
}

async function pathRefusal(
  { name, text }: Place,
  { roots, allowAbsolute }: PathGuard,
  isNamed: boolean,
): Promise<Refusal | undefined> {
  if (!isNamed && (!isPathName(name) || text === "" || isFetched(text) || isPacked(text))) return undefined;
  const verdict = await checkPath(text, { roots, allowAbsolute });
  return verdict.ok ? undefined : verdict;
}

/** The content of a file, packed: longer than paths are, and with nothing in it that leads up. */
function isPacked(text: string): boolean {
  return text.length > LONGEST_PATH && /^[A-Za-z0-9+/_-]*={0,2}$/.test(text) && !text.includes("//");
}
