/** What secrets look like: one table for logs, errors and guardrails. Each pattern is linear in the length of the text. */

export interface SecretPattern {
  readonly kind: string;
  /** What of the match stays: its first groups, so many. The rest is the secret. */
  readonly keep?: number;
  readonly pattern: RegExp;
  /** How logs call it. Default: `[redacted key]`. */
  readonly label?: string;
  /** Whether ordinary text may look like this too: then a guard looks at the value, and a log does not care. */
  readonly vague?: true;
}

/** Names that are given a secret: `DB_PASSWORD=…`, `"clientSecret": "…"`. */
const NAMES = [
  "password",
  "passwd",
  "pwd",
  "pass[_-]?phrase",
  "[a-z0-9_]{1,40}_(?:pass|pw)",
  "(?:pg|my|redis)?password",
  "secret",
  "(?:client|app|shared|signing|webhook)[_-]?secret",
  "api[_-]?key",
  "(?:secret|account|private|encryption)[_-]?(?:access[_-]?)?key",
  "(?:access|auth|refresh|session|bearer|bot)[_-]?token",
].join("|");

/** Keys that say by their first letters whose they are. */
const PREFIXED: readonly (readonly [kind: string, pattern: string])[] = [
  ["anthropic key", "sk-ant-[\\w-]{12,}"],
  ["api key", "sk-(?:proj-|svcacct-)?[\\w-]{12,}"],
  ["github token", "(?:gh[pousr]_|github_pat_)[\\w-]{12,}"],
  ["gitlab token", "gl(?:pat|dt|rt|ptt)-[\\w-]{16,}"],
  ["slack token", "(?:xox[abeoprs]|xapp)-[\\w-]{10,}"],
  ["google key", "(?:AIza[\\w-]{12,}|GOCSPX-[\\w-]{16,}|ya29\\.[\\w-]{20,})"],
  ["aws key", "(?:AKIA|ASIA)[\\w-]{12,}"],
  ["stripe key", "(?:[sr]k_(?:live|test)|whsec)_\\w{12,}"],
  ["hugging face token", "hf_[A-Za-z0-9]{20,}"],
  ["npm token", "npm_[A-Za-z0-9]{30,}"],
  ["pypi token", "pypi-[\\w-]{30,}"],
  ["sendgrid key", "SG\\.[\\w-]{16,}\\.[\\w-]{16,}"],
  ["digitalocean token", "do[opr]_v1_[a-f0-9]{32,}"],
  ["shopify token", "shp(?:at|ca|pa|ss)_[a-fA-F0-9]{24,}"],
  ["vault token", "hv[sbr]\\.[\\w-]{20,}"],
  ["telegram token", "\\d{8,10}:AA[\\w-]{32,}"],
  ["xai key", "xai-[A-Za-z0-9]{40,}"],
  ["groq key", "gsk_[A-Za-z0-9]{32,}"],
  ["perplexity key", "pplx-[A-Za-z0-9]{32,}"],
  ["replicate token", "r8_[A-Za-z0-9]{30,}"],
  ["databricks token", "dapi[a-f0-9]{32}"],
  ["figma token", "figd_[\\w-]{32,}"],
  ["linear key", "lin_(?:api|oauth)_[A-Za-z0-9]{32,}"],
  ["tailscale key", "tskey-[a-z]{2,10}-[\\w-]{16,}"],
  ["new relic key", "NRAK-[A-Z0-9]{24,}"],
  ["sentry token", "sntry[su]_[\\w+/=-]{32,}"],
  ["atlassian token", "ATATT3[\\w=+/-]{40,}"],
  ["age key", "AGE-SECRET-KEY-1[A-Z0-9]{40,}"],
  ["mailgun key", "key-[a-f0-9]{32}"],
  ["discord token", "[MNO][\\w-]{22,27}\\.[\\w-]{6}\\.[\\w-]{27,40}"],
  ["square token", "sq0[a-z]{3}-[\\w-]{22,}"],
  ["facebook token", "EAA[A-Za-z0-9]{40,}"],
  ["onepassword token", "ops_eyJ[\\w-]{40,}"],
  ["aws mws token", "amzn\\.mws\\.[a-f0-9-]{36}"],
];

export const SECRET_PATTERNS: readonly SecretPattern[] = [
  {
    kind: "private key",
    pattern:
      /-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/g,
    label: "[redacted private key]",
  },
  {
    kind: "credentials",
    // Not "Bearer authentication": a plain word of up to 15 letters is talk about the scheme.
    pattern:
      /\b(?:[Bb]earer|BEARER|[Bb]asic|BASIC)\s{1,20}(?![A-Za-z]?[a-z]{0,14}(?![\w~+/=-]))[\w.~+/=$-]{8,}/g,
    label: "[redacted credentials]",
    vague: true,
  },
  { kind: "signature", pattern: /\bSignature\s{1,20}version="1",[^\n]*/g, label: "[redacted signature]" },
  {
    kind: "token",
    // `\b` would begin anew after each hyphen, and read on from there each time.
    pattern: /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g,
    label: "[redacted token]",
  },
  ...PREFIXED.map(([kind, pattern]) => ({
    kind,
    pattern: new RegExp(`\\b(?:${pattern})`, "g"),
    vague: true as const,
  })),
  {
    kind: "webhook",
    keep: 1,
    pattern:
      /(\bhttps:\/\/(?:hooks\.slack\.com\/services|discord(?:app)?\.com\/api\/webhooks)\/)[\w/-]{16,}/g,
  },
  {
    kind: "password",
    keep: 1,
    pattern: /(\b[a-z][a-z0-9+]{0,20}:\/\/[^\s:/@]{0,256}:)(?!\[redacted)[^\s@/]{1,256}(?=@)/gi,
    label: "[redacted]",
  },
  {
    kind: "cookie",
    keep: 1,
    pattern:
      /(\b(?:Set-)?Cookie:\s{0,8}[\w-]{1,60}=)(?!\[redacted)[^\s;]{8,}(?:;\s{0,4}[\w-]{1,60}=[^\s;]{8,})*/gi,
    label: "[redacted]",
    vague: true,
  },
  {
    // In words of other languages a value has a digit: "Passwort: siehe Tresor" is none.
    kind: "password",
    keep: 1,
    pattern:
      /((?<!\p{L})(?:passwort|kennwort|mot de passe|contrase\u00f1a|senha|wachtwoord|\u30d1\u30b9\u30ef\u30fc\u30c9)\s{0,4}[=:\uff1a]\s{0,4}["']?)(?!\[redacted)(?=[^\s"',;&]{0,60}\d)[^\s"',;&]{4,}/giu,
    label: "[redacted]",
    vague: true,
  },
  {
    kind: "account key",
    keep: 1,
    pattern: /(\b(?:AccountKey|SharedAccessKey)=)(?!\[redacted)[\w+/=-]{20,}/gi,
    label: "[redacted]",
  },
  {
    // What an address lets in by.
    kind: "token in an address",
    keep: 1,
    pattern:
      /([?&](?:sig|signature|token|secret|code|key|auth|access_token|id_token|x-amz-signature|x-goog-signature)=)(?!\[redacted)[^\s&#"'<>)]{16,}/gi,
    label: "[redacted]",
    vague: true,
  },
  {
    kind: "password",
    keep: 1,
    pattern: new RegExp(
      `((?<![a-z0-9])(?:${NAMES})["']?\\s{0,20}[=:\uff1a]\\s{0,20}["']?)(?!\\[redacted)[^\\s"',;&]+`,
      "gi",
    ),
    label: "[redacted]",
    vague: true,
  },
];

/**
 * What servers and clients write around credentials that they quote, cut off and escaped as it comes. For errors and logs
 * alone: a guard that took these for secrets would stop ordinary talk.
 */
export const QUOTED_PATTERNS: readonly SecretPattern[] = [
  // `fetch` quotes a header value it cannot send, which may be the key with a line break behind it.
  { kind: "header", pattern: /"[^"]*"(?= is an invalid header value)/g, label: '"[redacted]"' },
  {
    kind: "signature",
    keep: 1,
    pattern: /(\bSignature\s{1,20})(?:[\w-]+=\\*"[^"\\]*(?:\\*"|$),?\s*)+/gi,
    label: "[redacted]",
  },
  { kind: "signature", keep: 1, pattern: /(\b(?:signature|keyId)=\\*")[^"\\]+/g, label: "[redacted]" },
  { kind: "token", pattern: /\bST\$[\w.~+/=$-]{6,}/g, label: "[redacted token]" },
  { kind: "token", pattern: /(?<![\w-])eyJ[\w-]{8,}(?:\.[\w-]*)*/g, label: "[redacted token]" },
  { kind: "api key", pattern: /\bsk-[\w-]{0,60}\*{2,}[\w*-]*/g },
  {
    kind: "header",
    keep: 1,
    pattern:
      /(\b(?:proxy-)?authorization(?:\\*")?\s{0,20}[:=]\s{0,20})(?!\\*"?\[redacted)(?:\\*"[^"\\]*(?:\\*")?|'[^']*'|[^\s,;}]+)/gi,
    label: "[redacted]",
  },
  {
    kind: "api key",
    keep: 1,
    pattern:
      /(\b(?:x-)?api[-_]?key(?:\\*")?\s{0,20}[:=]\s{0,20})(?!\\*["']?\[redacted)(?:\\*"[^"\\]*(?:\\*")?|'[^']*'|[^\s,;}]+)/gi,
    label: "[redacted]",
  },
];
