/** `locus oci api-keys`: keys for OCI Generative AI. Their secrets are shown once, on stdout and nowhere else. */
import type { ApiKey, ApiKeyState } from "@locus-sdk/oci";
import { UsageError } from "../options.ts";
import { agreed } from "../show/confirm.ts";
import { showOne } from "../show/show.ts";
import { asIs, futureTime } from "../show/units.ts";
import type { Action, Group, OptionRow, Task } from "./action.ts";
import { controlled, keptColumns } from "./control.ts";
import { groupOf, showDone, type WaitFlags, waitFor, waitOptions } from "./resource.ts";

interface KeyFlags extends WaitFlags {
  readonly keyName?: readonly string[];
  /** In ISO 8601. */
  readonly expires?: string;
  readonly description?: string;
  readonly yes?: boolean;
}

const EXAMPLE = "ocid1.generativeaiapikey.oc1..a";
const EXPIRES: OptionRow = [
  "--expires <time>",
  "a date, 2027-01-31, or a span, 90d (default: 90d)",
  futureTime,
];

const apiKeys = controlled<ApiKey, ApiKey, ApiKeyState>(
  {
    name: "api-keys",
    one: "API key",
    summary: "API keys, each with up to two secrets that are renewed one after the other",
    id: EXAMPLE,
    states: ["INACTIVE"],
    columns: keptColumns<ApiKey>([
      ["KEYS", ({ keys }) => keys.map(({ keyName, state }) => `${keyName} (${state})`).join(", ")],
    ]),
  },
  (genai) => genai.apiKeys,
);

const create: Action<KeyFlags> = {
  usage: "create <name>",
  summary: "create an API key and show its secrets, once",
  notes:
    "Write the policy first (request.principal.type='generativeaiapikey'): a key that was made before it never works.",
  example: "create ci --key-name blue --key-name green --expires 90d",
  options: [
    [
      "--key-name <name>",
      "name of a secret; twice for two (default: <name>-1 and <name>-2)",
      asIs,
      "several",
    ],
    EXPIRES,
    ["--description <text>", "what it is for"],
    ...waitOptions,
  ],
  run: async (task) => {
    const { genai, args, flags, signal } = task;
    const [displayName = ""] = args;
    const names = flags.keyName ?? [`${displayName}-1`, `${displayName}-2`];
    if (names.length > 2)
      throw new UsageError("an API key has two secrets at most: give --key-name once or twice");
    const timeExpiry = expiryOf(flags);
    const created = await genai.apiKeys.create(
      {
        displayName,
        keyDetails: names.map((keyName) => ({ keyName, timeExpiry })),
        ...(flags.description === undefined ? {} : { description: flags.description }),
      },
      { signal },
    );
    // Shown before anything else can go wrong: nobody is told them again.
    await showSecrets(task, created);
    if (flags.wait === true) await waitFor(apiKeys, task, created.id, "ACTIVE");
    return undefined;
  },
};

const renew: Action<KeyFlags> = {
  usage: "renew <id> <key-name>",
  summary: "make a new secret in the place of one, and show it, once",
  example: `renew ${EXAMPLE} blue --expires 90d`,
  options: [EXPIRES],
  run: async (task) => {
    const { genai, args, flags, signal } = task;
    const [id = "", keyName = ""] = args;
    const details = { keyName, timeExpiry: expiryOf(flags) };
    await showSecrets(task, await genai.apiKeys.renew(id, details, { signal }));
    return undefined;
  },
};

const revoke: Action<KeyFlags> = {
  usage: "revoke <id> <key-name>",
  summary: "make a secret useless, for good",
  example: `revoke ${EXAMPLE} blue --yes`,
  options: [["-y, --yes", "do not ask first"]],
  run: async (task) => {
    const [id, keyName] = task.args;
    const answer = await agreed(task, {
      question: `Revoke ${keyName} of API key ${id}, for good?`,
      otherwise: "Nothing was revoked.",
    });
    return answer ?? setState(task, "REVOKED");
  },
};

const activate: Action<KeyFlags> = {
  usage: "activate <id> <key-name>",
  summary: "let a secret work again",
  example: `activate ${EXAMPLE} blue`,
  run: (task) => setState(task, "ACTIVE"),
};

const deactivate: Action<KeyFlags> = {
  usage: "deactivate <id> <key-name>",
  summary: "stop a secret from working until it is activated",
  example: `deactivate ${EXAMPLE} blue`,
  run: (task) => setState(task, "INACTIVE"),
};

async function setState(task: Task<KeyFlags>, state: "ACTIVE" | "INACTIVE" | "REVOKED"): Promise<undefined> {
  const [id = "", keyName = ""] = task.args;
  const { genai, signal } = task;
  await showDone(apiKeys, task, await genai.apiKeys.setState(id, { keyName, state }, { signal }));
  return undefined;
}

const expiryOf = ({ expires }: KeyFlags): string => expires ?? futureTime("90d");

/** The one place where secrets are revealed. */
async function showSecrets({ view }: Task, apiKey: ApiKey): Promise<void> {
  const keys = apiKey.keys.map((item) =>
    item.key === undefined ? item : { ...item, key: item.key.reveal() },
  );
  await showOne({ ...apiKey, keys }, view);
  view.output.note("The secrets cannot be shown again: keep them now, where secrets are kept.", "bold");
}

export const group: Group = groupOf(apiKeys, [create, renew, revoke, activate, deactivate]);
