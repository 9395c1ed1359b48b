import { assertEquals, assertThrows } from "@std/assert";
import { BaseHandler } from "@std/log/base-handler";
import {
  getLevelByName,
  getLevelName,
  type LevelName,
  type LogLevel,
} from "@std/log/levels";
import { Logger } from "@std/log/logger";

class ListHandler extends BaseHandler {
  readonly lines: string[] = [];

  override log(msg: string): void {
    this.lines.push(msg);
  }
}

Deno.test("Logger lets its level and those above through", () => {
  const handler = new ListHandler("NOTSET");
  const logger = new Logger("test", "WARN", { handlers: [handler] });
  logger.debug("a");
  logger.info("b");
  logger.warn("c");
  logger.error("d");
  assertEquals(handler.lines, ["WARN c", "ERROR d"]);
});

Deno.test("BaseHandler filters and formats", () => {
  const handler = new ListHandler("INFO", {
    formatter: ({ loggerName, level, args, datetime }) =>
      JSON.stringify([loggerName, level, args, datetime instanceof Date]),
  });
  const logger = new Logger("test", "NOTSET", { handlers: [handler] });
  logger.debug("a");
  logger.info("b", 1, "x");
  assertEquals(handler.lines, ['["test",20,[1,"x"],true]']);
});

Deno.test("getLevelByName() and getLevelName() reject what is not there", () => {
  assertEquals(getLevelName(getLevelByName("ERROR")), "ERROR");
  assertThrows(() => getLevelByName("LOUD" as LevelName), Error, "LOUD");
  assertThrows(() => getLevelName(11 as LogLevel), Error, "11");
});
