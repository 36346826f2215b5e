/** What guardrails are told to do, checked, with defaults filled in. */
import { ConfigurationError } from "../errors/errors.ts";
import {
  boolean,
  type Check,
  type Checks,
  checkOptions,
  either,
  func,
  having,
  isObject,
  listOf,
  must,
  oneOf,
  shape,
  text,
  time,
  whole,
} from "../options/check.ts";
import {
  hostsCheck,
  type InjectionOptions,
  injectionDetector,
  kindsCheck,
  type PiiOptions,
  piiDetector,
  secretsDetector,
  thresholdCheck,
} from "./detectors.ts";
import { ARGUMENT_HAZARDS } from "./hazard-names.ts";
import type {
  ArgumentPolicy,
  CallAction,
  CustomGuard,
  GuardrailsOptions,
  PathGuard,
  PlaceActions,
  Spotlight,
  ToolPolicy,
  ToolRule,
  UrlGuard,
} from "./options.ts";
import type { Guard } from "./scan.ts";
import type { GuardrailActions, GuardrailPlace } from "./types.ts";

const TEXT_ACTIONS = ["block", "redact", "flag", "allow"];
const CALL_ACTIONS = ["block", "ask", "flag", "allow"];
const PLACES: readonly GuardrailPlace[] = ["input", "output", "arguments", "result", "question", "answer"];

const textAction: Check = (name, value) => {
  if (value === "ask") {
    throw new ConfigurationError(
      `${name} cannot be "ask": a person can be asked about a call, not about a text`,
      {
        hint: 'Ask for arguments only: { arguments: "ask" }.',
      },
    );
  }
  oneOf(...TEXT_ACTIONS)(name, value);
};
const PLACE_CHECKS: Checks<PlaceActions> = {
  input: textAction,
  output: textAction,
  arguments: oneOf(...TEXT_ACTIONS, "ask"),
  result: textAction,
  question: textAction,
  answer: textAction,
};
const isText = (value: unknown): boolean => typeof value === "string";
const callAction = oneOf(...CALL_ACTIONS);
const byName =
  (check: Check): Check =>
  (name, value) => {
    must("an object", isObject)(name, value);
    for (const [key, member] of Object.entries(Object(value))) check(`${name}.${key}`, member);
  };
const ARGUMENTS: Checks<Required<ArgumentPolicy>> = {
  action: callAction,
  arguments: byName(listOf(text)),
};

const OPTIONS: Checks<GuardrailsOptions> = {
  secrets: either(isText, textAction, shape<PlaceActions>(PLACE_CHECKS)),
  pii: either(isText, textAction, shape<PlaceActions & PiiOptions>({ ...PLACE_CHECKS, kinds: kindsCheck })),
  injection: either(
    isText,
    textAction,
    shape<PlaceActions & InjectionOptions>({
      ...PLACE_CHECKS,
      threshold: thresholdCheck,
      imageHosts: hostsCheck,
    }),
  ),
  detectors: listOf(
    shape<CustomGuard>(
      {
        detector: having("a detector", ["detect"]),
        actions: either(isText, textAction, shape<PlaceActions>(PLACE_CHECKS)),
      },
      ["detector", "actions"],
    ),
  ),
  tools: shape<ToolPolicy>({
    allow: listOf(text),
    deny: listOf(text),
    rules: byName(
      shape<ToolRule>({
        action: callAction,
        schema: must("a Standard Schema", (value) => value instanceof Object && "~standard" in value),
        check: func,
        forbid: listOf(oneOf(...ARGUMENT_HAZARDS)),
        maxChars: whole(1),
      }),
    ),
  }),
  urls: either(
    isText,
    callAction,
    shape<UrlGuard>({
      ...ARGUMENTS,
      schemes: listOf(text),
      hosts: hostsCheck,
      denyHosts: hostsCheck,
      ports: listOf(whole(1, 65_535)),
      allowPrivate: boolean,
      resolve: must(
        "true, false or a function",
        (value) => typeof value === "boolean" || typeof value === "function",
      ),
    }),
  ),
  paths: either(
    isText,
    callAction,
    shape<PathGuard>({ ...ARGUMENTS, roots: listOf(text), allowAbsolute: boolean }),
  ),
  spotlight: shape<Spotlight>({ tools: listOf(text), mode: oneOf("delimit", "datamark") }, ["tools"]),
  detectorTimeoutMs: time,
};

/** The same, with nothing left to be decided. */
export interface GuardrailsPlan {
  readonly guards: readonly Guard[];
  readonly tools: ToolPolicy;
  readonly urls: UrlGuard & { readonly action: CallAction };
  readonly paths: PathGuard & { readonly action: CallAction };
  readonly spotlight?: Spotlight | undefined;
  readonly timeoutMs: number;
}

type Actions = Guard["actions"];

const SECRETS: Actions = {
  input: "redact",
  output: "redact",
  arguments: "redact",
  result: "redact",
  question: "redact",
  answer: "redact",
};
/** A tool that sends a letter needs the address: with a note in its place calls would fail, and look all the same. */
const PII: Actions = { ...SECRETS, arguments: "flag" };
const INJECTION: Actions = {
  input: "block",
  output: "redact",
  arguments: "allow",
  result: "redact",
  question: "redact",
  answer: "block",
};
const NOWHERE: Actions = {
  input: "allow",
  output: "allow",
  arguments: "allow",
  result: "allow",
  question: "allow",
  answer: "allow",
};

/** @throws ConfigurationError for what does not fit. */
export function planGuardrails(options: GuardrailsOptions): GuardrailsPlan {
  checkOptions("guardrailsHook", options, OPTIONS);
  const { secrets, pii, injection, detectors = [], tools = {}, urls, paths, spotlight } = options;
  const { kinds, ...piiActions } = typeof pii === "object" ? pii : {};
  const { threshold, imageHosts, ...injectionActions } = typeof injection === "object" ? injection : {};
  const guards: readonly Guard[] = [
    { detector: secretsDetector(), actions: actionsOf(secrets, SECRETS) },
    {
      detector: piiDetector({ kinds }),
      actions: actionsOf(typeof pii === "string" ? pii : piiActions, PII),
    },
    {
      detector: injectionDetector({ threshold, imageHosts }),
      actions: actionsOf(typeof injection === "string" ? injection : injectionActions, INJECTION),
    },
    ...detectors.map(({ detector, actions }) => ({ detector, actions: actionsOf(actions, NOWHERE) })),
  ];
  checkNames(guards);
  return {
    guards,
    tools,
    urls: withAction<UrlGuard>(urls, {}),
    paths: withAction<PathGuard>(paths, {}),
    spotlight,
    timeoutMs: options.detectorTimeoutMs ?? 10_000,
  };
}

function actionsOf(given: GuardrailActions | undefined, defaults: Guard["actions"]): Guard["actions"] {
  if (typeof given !== "string") return { ...defaults, ...given };
  const same = PLACES.map((place) => [place, given] as const);
  return { ...defaults, ...Object.fromEntries(same) };
}

/** Blocked unless something else is said. */
function withAction<Policy extends ArgumentPolicy>(
  given: CallAction | Policy | undefined,
  none: Policy,
): Policy & { readonly action: CallAction } {
  if (typeof given === "string") return { ...none, action: given };
  return { ...none, ...given, action: given?.action ?? "block" };
}

/** What is done about a finding goes by its detector's name. */
function checkNames(guards: readonly Guard[]): void {
  const names = guards.map(({ detector }) => detector.name);
  const bad = names.find((name, at) => typeof name !== "string" || name === "" || names.indexOf(name) !== at);
  if (bad === undefined) return;
  throw new ConfigurationError(
    `guardrailsHook: each detector needs a name of its own, and "${bad}" is taken or empty`,
    {
      hint: 'The names "secrets", "pii" and "injection" are those of the detectors that come with it.',
    },
  );
}
