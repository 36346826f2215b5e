/** Takes secrets out of text that goes to a model, a log or a stored event. */

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [
    /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
    "[redacted private key]",
  ],
  [/\b(?:Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, "[redacted credentials]"],
  [/\bSignature\s+version="1",[^\n]*/g, "[redacted signature]"],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, "[redacted token]"],
  [/\b(?:sk-(?:ant-|proj-)?|ghp_|github_pat_|xox[abp]-|AIza|AKIA)[\w-]{12,}/g, "[redacted key]"],
  [/\b([a-z][a-z0-9+]*:\/\/[^\s:/@]+):[^\s@/]+@/gi, "$1:[redacted]@"],
  [
    /\b(password|passwd|pwd|secret|api[_-]?key|access[_-]?token|pass[_-]?phrase)(["']?\s*[=:]\s*["']?)[^\s"',;&]+/gi,
    "$1$2[redacted]",
  ],
];

/** `text` without private keys, bearer tokens, JWTs, API keys, passwords in URLs and `password=…` pairs. */
export function redactSecrets(text: string): string {
  return PATTERNS.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), text);
}
