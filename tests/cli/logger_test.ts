import { assertEquals, assertFalse, assertMatch } from "@std/assert";
import type { LogFields, Logger } from "../../lib/base/logger.ts";
import {
  formatJsonLine,
  formatTextLine,
  type LogLevelWord,
} from "../../lib/cli/log_format.ts";
import {
  createLogger,
  levelForVerbosity,
  type LoggerOptions,
} from "../../lib/cli/logger.ts";

const TIME = new Date("2026-11-21T03:43:46.123Z");

function lineOf(fields: LogFields, level: LogLevelWord = "info") {
  return { time: TIME, level, message: "Session opened", fields };
}

function record(
  options: Partial<LoggerOptions>,
): { lines: string[]; logger: Logger } {
  const lines: string[] = [];
  const logger = createLogger({
    level: "info",
    format: "text",
    colored: false,
    write: (line) => void lines.push(line),
    ...options,
  });
  return { lines, logger };
}

/** A value that JSON cannot hold. */
function circular(): unknown {
  const value: Record<string, unknown> = {};
  value.self = value;
  return value;
}

for (
  const { fields, text, json } of [
    { fields: {}, text: "", json: {} },
    {
      fields: { peer: "10.0.0.1:5" },
      text: " peer=10.0.0.1:5",
      json: { peer: "10.0.0.1:5" },
    },
    {
      fields: { n: 1, ok: true, none: null },
      text: " n=1 ok=true none=null",
      json: { n: 1, ok: true, none: null },
    },
    { fields: { rate: NaN }, text: " rate=NaN", json: { rate: "NaN" } },
    { fields: { gone: undefined }, text: "", json: {} },
    { fields: { big: 10n }, text: " big=10", json: { big: "10" } },
    {
      fields: { s: "two words" },
      text: ' s="two words"',
      json: { s: "two words" },
    },
    { fields: { s: "" }, text: ' s=""', json: { s: "" } },
    { fields: { s: 'a"b=c' }, text: ' s="a\\"b=c"', json: { s: 'a"b=c' } },
    {
      fields: { s: "a\nb\x1b[2J\x9b" },
      text: ' s="a\\nb\\u001b[2J\\u009b"',
      json: { s: "a\nb\x1b[2J\x9b" },
    },
    {
      fields: { error: new Error("no ws://u:p@h/") },
      text: ' error="no ws://***@h/"',
      json: { error: "no ws://***@h/" },
    },
    { fields: { token: "abc" }, text: " token=***", json: { token: "***" } },
    {
      fields: { data: new Uint8Array(3) },
      text: ' data="3 bytes"',
      json: { data: "3 bytes" },
    },
    { fields: { list: [1, 2] }, text: " list=[1,2]", json: { list: "[1,2]" } },
    {
      fields: { loop: circular() },
      text: ' loop="[object Object]"',
      json: { loop: "[object Object]" },
    },
    {
      fields: { symbol: Symbol("x") },
      text: " symbol=Symbol(x)",
      json: { symbol: "Symbol(x)" },
    },
    { fields: { level: 9 }, text: " level=9", json: { level_: 9 } },
  ] as Array<{ fields: LogFields; text: string; json: Record<string, unknown> }>
) {
  Deno.test(`log lines carry ${text || "no fields"}`, () => {
    assertEquals(
      formatTextLine(lineOf(fields), false),
      `2026-11-21T03:43:46Z INF Session opened${text}`,
    );
    assertEquals(JSON.parse(formatJsonLine(lineOf(fields))), {
      time: "2026-11-21T03:43:46.123Z",
      level: "info",
      msg: "Session opened",
      ...json,
    });
  });
}

for (
  const { level, code, color } of [
    { level: "debug", code: "DBG", color: 90 },
    { level: "info", code: "INF", color: 32 },
    { level: "warn", code: "WRN", color: 33 },
    { level: "error", code: "ERR", color: 31 },
  ] as const
) {
  Deno.test(`formatTextLine() writes ${level} as ${code}`, () => {
    assertEquals(
      formatTextLine(lineOf({}, level), false),
      `2026-11-21T03:43:46Z ${code} Session opened`,
    );
    assertEquals(
      formatTextLine(lineOf({}, level), true),
      `2026-11-21T03:43:46Z \x1b[${color}m${code}\x1b[0m Session opened`,
    );
  });
}

for (
  const { level, codes } of [
    { level: "debug", codes: ["DBG", "INF", "WRN", "ERR"] },
    { level: "info", codes: ["INF", "WRN", "ERR"] },
    { level: "warn", codes: ["WRN", "ERR"] },
    { level: "error", codes: ["ERR"] },
  ] as Array<{ level: LogLevelWord; codes: string[] }>
) {
  Deno.test(`createLogger() prints from ${level} on`, () => {
    const { lines, logger } = record({ level });
    logger.debug("x");
    logger.info("x");
    logger.warn("x");
    logger.error("x");
    assertEquals(lines.map((line) => line.split(" ")[1]), codes);
  });
}

Deno.test("createLogger() stamps each line with the time", () => {
  const { lines, logger } = record({});
  logger.info("Started");
  assertMatch(lines[0]!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ INF Started$/);
});

Deno.test("createLogger() gives children their parent's fields", () => {
  const { lines, logger } = record({ format: "json" });
  const child = logger.child({ session: 1 }).child({ channel: 2 });
  child.info("Opened", { channel: 3, target: "h:1" });
  logger.info("Alone");
  const [first, second] = lines.map((line) => JSON.parse(line));
  assertEquals(
    [first.session, first.channel, first.target],
    [1, 3, "h:1"],
  );
  assertFalse("session" in second);
});

Deno.test("levelForVerbosity() knows none and some", () => {
  assertEquals([0, 1, 2].map(levelForVerbosity), ["info", "debug", "debug"]);
});
