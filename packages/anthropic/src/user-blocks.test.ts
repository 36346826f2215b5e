/** What a user may send, block by block. */
import type { UserPart } from "@locus-sdk/core";
import { describe, expect, it } from "vitest";
import { userBlock } from "./user-blocks.ts";

const PNG = "iVBORw0KGgoAAAANSUhEUg";
const PDF = "JVBERi0xLjcK";
const image = (source: object): object => ({ block: { type: "image", source } });
const document = (source: object, more: object = {}): object => ({
  block: { type: "document", source, ...more },
});
const base64 = (media_type: string, data: string): object => ({ type: "base64", media_type, data });

describe("userBlock", () => {
  it.each<[string, UserPart, object]>([
    ["a text", { type: "text", text: "Hi" }, { block: { type: "text", text: "Hi" } }],
    ["an image as data, its type seen", { type: "image", data: PNG }, image(base64("image/png", PNG))],
    [
      "a JPEG by its other name",
      { type: "image", data: "x", mediaType: "image/jpg" },
      image(base64("image/jpeg", "x")),
    ],
    [
      "an image by URL",
      { type: "image", url: "https://a/b.png" },
      image({ type: "url", url: "https://a/b.png" }),
    ],
    [
      "an image as data URL",
      { type: "image", url: `data:image/gif;base64,${PNG}` },
      image(base64("image/gif", PNG)),
    ],
    [
      "a PDF",
      { type: "file", data: PDF, filename: "a.pdf" },
      document(base64("application/pdf", PDF), { title: "a.pdf" }),
    ],
    [
      "a PDF by URL",
      { type: "file", url: "https://a/b.pdf" },
      document({ type: "url", url: "https://a/b.pdf" }),
    ],
    ["a file by id", { type: "file", fileId: "file_1" }, document({ type: "file", file_id: "file_1" })],
    [
      "an image by id",
      { type: "file", fileId: "file_1", mediaType: "image/png" },
      image({ type: "file", file_id: "file_1" }),
    ],
    [
      "an image that came as a file",
      { type: "file", data: PNG, mediaType: "image/png" },
      image(base64("image/png", PNG)),
    ],
    [
      "a file of text",
      { type: "file", data: Buffer.from("Grüße").toString("base64"), mediaType: "text/markdown" },
      document({ type: "text", media_type: "text/plain", data: "Grüße" }),
    ],
    [
      "a text as data URL",
      { type: "file", url: "data:text/plain,Gr%C3%BC%C3%9Fe 100%25" },
      document({ type: "text", media_type: "text/plain", data: "Grüße 100%" }),
    ],
  ])("%s", (_name, part, expected) => {
    expect(userBlock(part)).toEqual(expected);
  });

  it("is nothing for a text without any", () => {
    expect(userBlock({ type: "text", text: " \n" })).toBeUndefined();
  });

  it.each<[UserPart, string]>([
    [{ type: "audio", data: "x", format: "mp3" }, "audio (mp3)"],
    [{ type: "image", data: "x", mediaType: "image/tiff" }, "an image of type image/tiff"],
    [{ type: "file", data: "x", mediaType: "application/zip" }, "a file of type application/zip"],
    [{ type: "file", url: "https://a/b.txt", mediaType: "text/plain" }, "a file by URL of type text/plain"],
    [{ type: "image", url: "http://a/b.png" }, "an image by a URL that is not https"],
    [{ type: "file", url: "http://a/b.pdf" }, "a file by a URL that is not https"],
    [{ type: "file", fileId: "file-abc123" }, "a file that was uploaded to another provider"],
    [{ type: "image" }, "an image without data or url"],
    [{ type: "file" }, "a file without data, url or fileId"],
  ])("names %j as what cannot be sent", (part, unsupported) => {
    expect(userBlock(part)).toEqual({ unsupported });
  });
});
