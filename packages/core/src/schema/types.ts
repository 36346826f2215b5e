/** What a dialect of JSON Schema is, and what is said of a schema that was put into one. */
import type { JsonObject, JsonValue } from "../json/json.ts";

/** What a reader of schemas understands, as data. An absent rule leaves the schema as it is. */
export interface SchemaDialect {
  /** Who reads it, in warnings. */
  readonly name: string;
  /**
   * `"inline"` puts definitions in the place of `$ref`, and cuts off one that contains itself at its first return;
   * `"alone"` puts what stands beside a `$ref` around it.
   */
  readonly refs?: "inline" | "alone";
  /** Definitions that contain themselves are not read: a schema that has one is inlined. */
  readonly noRecursion?: boolean;
  /** `anyOf: [X, null]` and `type: [X, "null"]` become X, marked `nullable: true`. */
  readonly nullable?: boolean;
  /** `exclusiveMinimum` and `exclusiveMaximum` become `minimum` and `maximum`. */
  readonly inclusiveBounds?: boolean;
  /** `const: x` becomes `enum: [x]`. */
  readonly constAsEnum?: boolean;
  /** An array without `items` gets `items: {}`, an object without `properties` gets `properties: {}`. */
  readonly completeTypes?: boolean;
  /** A schema that says nothing but words becomes `{}`. */
  readonly bareAny?: boolean;
  /** `oneOf` becomes `anyOf`. */
  readonly oneOfAsAnyOf?: boolean;
  /** The parts of `allOf` become one schema. */
  readonly mergeAllOf?: boolean;
  /** The root is one object: what it has in `anyOf`, `oneOf` or `allOf` is put into it. */
  readonly plainRoot?: boolean;
  /** `"list"`: the items of a tuple become items of a list; `"closed"`: only of one that may go on. */
  readonly tuples?: "list" | "closed";
  /** What objects say of other properties: always `false`, or `true` or `false` but no schema. */
  readonly additionalProperties?: "closed" | "boolean";
  /** Objects have all their properties: an optional one may be null instead. */
  readonly optionalAsNull?: boolean;
  /** The patterns that are read. */
  readonly patterns?: RegExp;
  /** The only keywords that are read. Names of properties are never touched. */
  readonly keep?: readonly string[];
  /** Keywords that are not read; a trailing `*` stands for any ending. */
  readonly drop?: readonly string[];
  /** The values that are read, of keywords whose other values are not. */
  readonly values?: Readonly<Record<string, readonly JsonValue[]>>;
  /** What is not read is told in the description, which the model reads, rather than left out. */
  readonly tell?: boolean;
  /** One level of parameters: all that is more than a type is said in the description, types by these names. */
  readonly flat?: Readonly<Record<string, string>>;
  /** What a schema has to fit that is bound strictly, on top. */
  readonly strict?: SchemaDialect;
}

/** One thing that a converted schema no longer says. */
export interface SchemaLoss {
  /** JSON pointer into the schema as it was; `""` is the root. */
  readonly path: string;
  readonly keyword: string;
  /** The rest of a sentence that begins with the keyword. */
  readonly reason: string;
}

/** A schema in another dialect. */
export interface ConvertedSchema {
  readonly schema: JsonObject;
  readonly lost: readonly SchemaLoss[];
}

/** One conversion on its way through a schema. */
export interface Walk {
  readonly root: JsonObject;
  readonly dialect: SchemaDialect;
  readonly lost: Map<string, SchemaLoss>;
  nodes: number;
}

export function lose(walk: Walk, path: string, keyword: string, reason: string): void {
  walk.lost.set(`${path} ${keyword} ${reason}`, { path, keyword, reason });
}

/** What is said of a keyword that the reader does not know. */
export function loseKeyword(walk: Walk, path: string, keyword: string): void {
  lose(walk, path, keyword, `is not understood by ${walk.dialect.name} and was left out`);
}
