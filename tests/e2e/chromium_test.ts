import { assertEquals, assertStringIncludes } from "@std/assert";
import { within } from "../ffi/within.ts";
import { onStage, testVariants } from "./_stage.ts";

const PROGRAMS = ["/usr/bin/chromium", "/usr/bin/chromium-browser"];
const LOCAL = "127.0.0.1";
const IMAGES = 12;
const PIXEL = Uint8Array.fromBase64(
  "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7",
);

function findProgram(): string | undefined {
  return PROGRAMS.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

const PROGRAM = findProgram();
// deno-lint-ignore no-console
if (!PROGRAM) console.log("skipped: there is no chromium");

/** A page that says in its body what its scripts and images have done. */
const PAGE = `<!doctype html><title>page</title><body>
<script src="/one.js"></script><script src="/two.js"></script>
${
  Array.from({ length: IMAGES }, (_, i) => `<img src="/image${i}.gif">`)
    .join("\n")
}
<script>
addEventListener("load", async () => {
  const loaded = [...document.images].filter((one) => one.naturalWidth === 1);
  const text = await (await fetch("/text")).text();
  document.title = "images " + loaded.length + ", scripts " + (one + two) +
    ", fetch " + text;
});
</script>`;

/** Serves the page and notes which paths were asked for. */
function serve(): { port: number; paths: string[]; shutdown(): Promise<void> } {
  const paths: string[] = [];
  const server = Deno.serve(
    { hostname: LOCAL, port: 0, onListen: () => {} },
    (request) => {
      const { pathname } = new URL(request.url);
      paths.push(pathname);
      const reply = (body: BodyInit, type: string) =>
        new Response(body, { headers: { "content-type": type } });
      if (pathname === "/") return reply(PAGE, "text/html");
      if (pathname === "/one.js") {
        return reply("var one = 1;", "text/javascript");
      }
      if (pathname === "/two.js") {
        return reply("var two = 2;", "text/javascript");
      }
      if (pathname === "/text") return reply("done", "text/plain");
      if (pathname.endsWith(".gif")) return reply(PIXEL, "image/gif");
      return new Response(null, { status: 404 });
    },
  );
  const { port } = server.addr;
  return { port, paths, shutdown: () => server.shutdown() };
}

/** The page as it is when all of it has loaded. */
async function load(url: string, proxy: string): Promise<string> {
  const profile = await Deno.makeTempDir({ prefix: "synsocks-chromium-" });
  const child = new Deno.Command(PROGRAM!, {
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--no-first-run",
      `--user-data-dir=${profile}`,
      `--proxy-server=${proxy}`,
      // Otherwise this machine is reached without the proxy.
      "--proxy-bypass-list=<-loopback>",
      "--virtual-time-budget=10000",
      "--dump-dom",
      url,
    ],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), 40_000);
  try {
    const { stdout } = await child.output();
    return new TextDecoder().decode(stdout);
  } finally {
    clearTimeout(timer);
    await Deno.remove(profile, { recursive: true });
  }
}

for (const scheme of ["socks5", "http"]) {
  testVariants(
    `Chromium loads a page with scripts and images, ${scheme}`,
    async (variant) => {
      if (!PROGRAM) return;
      const page = serve();
      try {
        await onStage(variant, async ({ client, socksPort }) => {
          const url = `http://${LOCAL}:${page.port}/`;
          const dom = await load(url, `${scheme}://${LOCAL}:${socksPort}`);
          assertStringIncludes(
            dom,
            `<title>images ${IMAGES}, scripts 3, fetch done</title>`,
          );
          for (const path of ["/", "/one.js", "/two.js", "/text"]) {
            assertEquals(page.paths.filter((one) => one === path), [path]);
          }
          // Nothing has gone around the proxy.
          const asked = client.counters.count("requested");
          assertEquals(asked >= 1, true, `${asked} requests at the proxy`);
        });
      } finally {
        await within(page.shutdown(), 10_000);
      }
    },
    ({ backend, optimistic }) => backend === "epoll" || optimistic,
  );
}
