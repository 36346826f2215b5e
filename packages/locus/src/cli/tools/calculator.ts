/** `calculate`: arithmetic by a parser that knows nothing but numbers, operators and parentheses. */
import { type Tool, tool } from "@locus-sdk/core";
import { z } from "zod";

/** Deeper nesting than this is not arithmetic but an attack on the stack. */
const MAX_DEPTH = 100;

const TOKEN = /\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|(\*\*|[-+*/%^()]))/y;

/**
 * The value of an expression of `+ - * / % ^` and parentheses; `^` (or `**`) goes before a sign and from right to left.
 *
 * @throws Error that says where the expression cannot be read, or that the result is not a finite number.
 */
export function calculate(expression: string): number {
  const value = new Parser(tokenize(expression)).parse();
  if (Number.isFinite(value)) return value;
  throw new Error(`"${expression}" has no finite value`);
}

interface Token {
  readonly text: string;
  readonly number?: number;
}

function tokenize(expression: string): readonly Token[] {
  const source = expression.trimEnd();
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  let at = 0;
  while (at < source.length) {
    const match = TOKEN.exec(source);
    if (match === null) throw new Error(`cannot read "${source.slice(at).trim()}" in "${expression}"`);
    const [, number, operator = ""] = match;
    tokens.push(
      number === undefined
        ? { text: operator === "**" ? "^" : operator }
        : { text: number, number: Number(number) },
    );
    at = TOKEN.lastIndex;
  }
  return tokens;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): number {
    const value = this.#sum();
    const rest = this.#tokens[this.#at];
    if (rest !== undefined) throw new Error(`an operator is missing before "${rest.text}"`);
    return value;
  }

  #sum(): number {
    let value = this.#product();
    for (;;) {
      if (this.#take("+")) value += this.#product();
      else if (this.#take("-")) value -= this.#product();
      else return value;
    }
  }

  #product(): number {
    let value = this.#signed();
    for (;;) {
      if (this.#take("*")) value *= this.#signed();
      else if (this.#take("/")) value /= this.#signed();
      else if (this.#take("%")) value %= this.#signed();
      else return value;
    }
  }

  #signed(): number {
    if (++this.#depth > MAX_DEPTH)
      throw new Error(`the expression is nested deeper than ${MAX_DEPTH} levels`);
    try {
      if (this.#take("-")) return -this.#signed();
      if (this.#take("+")) return this.#signed();
      const base = this.#atom();
      return this.#take("^") ? base ** this.#signed() : base;
    } finally {
      this.#depth--;
    }
  }

  #atom(): number {
    const token = this.#tokens[this.#at++];
    if (token?.number !== undefined) return token.number;
    if (token?.text === "(") {
      const value = this.#sum();
      if (this.#take(")")) return value;
      throw new Error('a ")" is missing');
    }
    throw new Error(
      token === undefined ? "the expression ends too early" : `"${token.text}" stands where a number should`,
    );
  }

  #take(operator: string): boolean {
    if (this.#tokens[this.#at]?.text !== operator) return false;
    this.#at++;
    return true;
  }
}

export const calculator: Tool<{ readonly expression: string }> = tool({
  name: "calculate",
  description: "Works out an arithmetic expression of + - * / % ^ and parentheses.",
  parameters: z.object({ expression: z.string().min(1).max(500).describe('Such as "17 * (23 + 4)".') }),
  execute: ({ expression }) => ({ expression, value: calculate(expression) }),
});
