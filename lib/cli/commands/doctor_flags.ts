import type { FlagTable } from "../flags.ts";
import { HELP_FLAGS, SERVER_ACCESS_FLAGS } from "../shared_flags.ts";

/** The flags of `doctor`. */
export const DOCTOR_FLAGS = {
  url: {
    kind: "text",
    name: "url",
    short: "u",
    value: "URL",
    default: "",
    help: "Open tunnels to this server, with and without Fast Open",
  },
  ...SERVER_ACCESS_FLAGS,
  target: {
    kind: "list",
    name: "target",
    value: "HOST:PORT",
    help:
      "Dial this too; may be repeated. Port 80 gets a HEAD request, 443 a " +
      "ClientHello, any other port no data",
  },
  json: {
    kind: "switch",
    name: "json",
    help: "Print the report as JSON, see lib/doctor/report.schema.json",
  },
  fix: {
    kind: "switch",
    name: "fix",
    help: "Change the kernel settings that stand in the way, now and in " +
      "/etc/sysctl.d/99-synsocks.conf; needs root and asks first",
  },
  yes: { kind: "switch", name: "yes", short: "y", help: "Do not ask" },
  ...HELP_FLAGS,
} as const satisfies FlagTable;
