/** Requests of the API are small; more is a mistake or an attack. */
const MAX_BODY_BYTES = 64 * 1024;
/** A body that does not arrive in this time is given up. */
const BODY_DEADLINE_MS = 10_000;

/** The text of a body, or what was wrong with it. */
export type Body = { text: string } | { problem: "too large" | "too slow" };

/**
 * Reads the body of a request, bounded in size and time.
 *
 * @param request The request.
 * @param deadlineMs How long it may take, in milliseconds.
 * @returns Its text, up to 64 KiB; empty if the caller broke off.
 */
export async function readBody(
  request: Request,
  deadlineMs: number = BODY_DEADLINE_MS,
): Promise<Body> {
  if (!request.body) return { text: "" };
  const reader = request.body.getReader();
  let slow = false;
  const timer = setTimeout(() => {
    slow = true;
    reader.cancel().catch(() => {});
  }, deadlineMs);
  const decoder = new TextDecoder();
  let text = "";
  let count = 0;
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (slow) return { problem: "too slow" };
      if (done) return { text: text + decoder.decode() };
      count += value.length;
      if (count > MAX_BODY_BYTES) {
        reader.cancel().catch(() => {});
        return { problem: "too large" };
      }
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    // Half a body is useless, and nobody waits for the answer.
    return slow ? { problem: "too slow" } : { text: "" };
  } finally {
    clearTimeout(timer);
  }
}
