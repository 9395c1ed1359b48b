import { errorText } from "./errors.ts";
import type { Observer } from "./events.ts";
import type { Logger } from "./logger.ts";

/**
 * Calls `first`, then `second`, the caller's own observer. An observer that
 * throws is logged and does not disturb the conn that caused the event.
 */
export function observeBoth(
  first: Observer,
  second: Observer | undefined,
  logger: Logger,
): Observer {
  if (!second) return first;
  return (event) => {
    first(event);
    try {
      second(event);
    } catch (error) {
      logger.error("The observer failed", { error: errorText(error) });
    }
  };
}
