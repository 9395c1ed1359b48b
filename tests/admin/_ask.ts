import { API_KEY, type Exchange } from "./_exchanges.ts";

/** What came back. */
export interface Answer {
  status: number;
  type: string | null;
  answer: unknown;
}

/** Sends one request and reads its answer. */
export async function ask(
  port: number,
  { method = "POST", path = "/api/token", body, key = API_KEY }: Omit<
    Exchange,
    "name" | "answer"
  >,
): Promise<Answer> {
  const sent = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    redirect: "manual",
    headers: key === null ? {} : { "x-api-key": key },
    ...(sent === undefined ? {} : { body: sent }),
  });
  const text = await response.text();
  const type = response.headers.get("content-type")?.split(";")[0] ?? null;
  return { status: response.status, type, answer: parsed(text) };
}

/** JSON with its final newline, without what differs from run to run. */
function parsed(text: string): unknown {
  if (!text.startsWith("{") || !text.endsWith("}\n")) return text;
  return JSON.parse(
    text,
    (_, value) => /^[0-9a-f]{16}$/.test(value) ? "*" : value,
  );
}
