import { Buffer } from "node:buffer";
import type { HttpRefusal } from "./http_answer.ts";

/** The longest request head: line and fields, with their ends. */
export const MAX_HEAD_BYTES: number = 64 * 1024;

const CR = 13;
const LF = 10;

/** Finds the end of a head in a growing buffer, looking at each byte once. */
export class HeadScanner {
  #searched = 0;
  #lineStart = 0;

  /** The offset after the empty line; `undefined` until it is there. */
  end(bytes: Uint8Array): number | undefined {
    for (;;) {
      const lf = bytes.indexOf(LF, this.#searched);
      if (lf < 0) {
        this.#searched = bytes.length;
        return undefined;
      }
      const length = lf - this.#lineStart;
      this.#searched = this.#lineStart = lf + 1;
      // Also without CR, so that nobody waits; `parseHead` refuses it.
      if (length === 0 || (length === 1 && bytes[lf - 1] === CR)) return lf + 1;
    }
  }
}

/** One field line. */
export interface HttpField {
  /** In lower case. */
  name: string;
  /** Without the white space around it. */
  value: string;
  /** The line as it came, without its end. */
  line: string;
}

/** A request head; its texts have one character for each byte (Latin-1). */
export interface HttpHead {
  /** Such as `GET`. */
  method: string;
  /** The request target as it came. */
  target: string;
  /** The version's second number: HTTP/1.0 or HTTP/1.1. */
  minorVersion: 0 | 1;
  /** In their order. */
  fields: HttpField[];
}

/** RFC 9112, section 3; a token, no white space, HTTP/n.n. */
const REQUEST_LINE =
  /^([!#$%&'*+\-.^_`|~\w]+) ([\x21-\x7e\x80-\xff]+) HTTP\/(\d)\.(\d)$/;

/**
 * RFC 9110, sections 5.1 and 5.5. White space before the colon or at the start of
 * the line (obs-fold) is refused: proxies and targets have read it differently.
 */
const FIELD_LINE =
  /^([!#$%&'*+\-.^_`|~\w]+):[\t ]*((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[\t ]*$/;

/** Parses the bytes up to what `HeadScanner` has found (RFC 9112, section 2). */
export function parseHead(bytes: Uint8Array): HttpHead | HttpRefusal {
  const [first, ...rest] = latin1Of(bytes).split("\r\n");
  const line = REQUEST_LINE.exec(first!);
  if (!line) return bad("The request line is malformed");
  const [, method, target, major, minor] = line;
  if (major !== "1") {
    return { status: 505, text: "This proxy speaks HTTP/1.1" };
  }
  // The empty line, and what `split` sees behind it.
  if (rest.pop() !== "" || rest.pop() !== "") {
    return bad("A line does not end with CR LF");
  }
  const fields: HttpField[] = [];
  for (const text of rest) {
    const field = FIELD_LINE.exec(text);
    if (!field) return bad("A header field is malformed");
    fields.push({
      name: field[1]!.toLowerCase(),
      value: field[2]!,
      line: text,
    });
  }
  const minorVersion = minor === "0" ? 0 : 1;
  return { method: method!, target: target!, minorVersion, fields };
}

/** The values of all fields of this name, given in lower case. */
export function valuesOf(head: HttpHead, name: string): string[] {
  return head.fields.filter((field) => field.name === name)
    .map(({ value }) => value);
}

/** A refusal of a request that is wrong. */
export function bad(text: string): HttpRefusal {
  return { status: 400, text };
}

/** The `TextDecoder` of that name would change some bytes: it is Windows-1252. */
function latin1Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString("latin1");
}

/** The bytes of a text that has one character for each. */
export function bytesOfLatin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}
