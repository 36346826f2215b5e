// Sums in a prompt: found as digits or in words, and worked out.

const wordOperators: readonly (readonly [RegExp, string])[] = [
  [/\bmultiplied by\b|\btimes\b|×|(?<=\d)\s*x\s*(?=\d)/gi, " * "],
  [/\bdivided by\b|÷/gi, " / "],
  [/\bplus\b|\badded to\b/gi, " + "],
  [/\bminus\b|−/gi, " - "],
  [/\b(?:raised )?to the power of\b|\*\*/gi, " ^ "],
  [/(\d)\s+squared\b/gi, "$1 ^ 2"],
  [/([\d.]+)\s*(?:%|percent) of ([\d.]+)/gi, "$1 / 100 * $2"],
  [/\bsum of ([\d.]+) and ([\d.]+)/gi, "$1 + $2"],
  [/\bproduct of ([\d.]+) and ([\d.]+)/gi, "$1 * $2"],
  [/\bdifference between ([\d.]+) and ([\d.]+)/gi, "$1 - $2"],
  [/\badd ([\d.]+) (?:and|to) ([\d.]+)/gi, "$1 + $2"],
  [/\bmultiply ([\d.]+) (?:by|and|with) ([\d.]+)/gi, "$1 * $2"],
  [/\bdivide ([\d.]+) by ([\d.]+)/gi, "$1 / $2"],
  [/\bsubtract ([\d.]+) from ([\d.]+)/gi, "$2 - $1"],
];

/** The arithmetic expressions of a text. */
export function expressions(text: string): readonly string[] {
  let source = text.replace(/\d{4}-\d{2}-\d{2}/g, " ").replace(/(?<=\d),(?=\d{3}\b)/g, "");
  for (const [pattern, replacement] of wordOperators) source = source.replace(pattern, replacement);
  const found = source.match(/[-(]*\d[\d.]*\)*(?:\s*[-+*/^%]\s*[-(]*\d[\d.]*\)*)+/g) ?? [];
  return found
    .map((expression) => expression.replace(/\s+/g, " ").replace(/\.$/, "").trim())
    .filter((expression) => evaluate(expression) !== undefined);
}

/** The value of an expression of `+ - * / % ^` and parentheses; `undefined` if it is none. */
export function evaluate(expression: string): number | undefined {
  const tokens = expression.match(/\d+(?:\.\d+)?|[-+*/%^()]/g) ?? [];
  if (tokens.join("") !== expression.replace(/\s+/g, "")) return undefined;
  let at = 0;
  const sum = (): number => {
    let value = product();
    while (tokens[at] === "+" || tokens[at] === "-") {
      value = tokens[at++] === "+" ? value + product() : value - product();
    }
    return value;
  };
  const product = (): number => {
    let value = factor();
    for (;;) {
      const operator = tokens[at];
      if (operator !== "*" && operator !== "/" && operator !== "%") return value;
      at += 1;
      const right = factor();
      value = operator === "*" ? value * right : operator === "/" ? value / right : value % right;
    }
  };
  const factor = (): number => {
    if (tokens[at] === "-") {
      at += 1;
      return -factor();
    }
    const value = atom();
    if (tokens[at] !== "^") return value;
    at += 1;
    return value ** factor();
  };
  const atom = (): number => {
    const token = tokens[at++];
    if (token !== "(") return token === undefined ? Number.NaN : Number(token);
    const value = sum();
    return tokens[at++] === ")" ? value : Number.NaN;
  };
  const value = sum();
  return at === tokens.length && Number.isFinite(value) ? Math.round(value * 1e12) / 1e12 : undefined;
}
