/** Which program a unit runs. */
export type ServiceRole = "server" | "client";

/** One file of an installation. */
export interface ServiceFile {
  /** The full path. */
  readonly path: string;
  /** The whole text. */
  readonly text: string;
  /** Permissions. */
  readonly mode: number;
  /** It may have been changed by hand, or hold a secret: never written over. */
  readonly kept: boolean;
}

/** Who may read the environment file: only root, and so systemd. */
const SECRET_MODE = 0o600;
const PUBLIC_MODE = 0o644;

/**
 * The unit of a role, for systemd.exec(5) of version 240 and later.
 *
 * @param role The program.
 * @param command The program and its arguments.
 */
export function unitText(
  role: ServiceRole,
  command: readonly string[],
): string {
  const name = `synsocks-${role}`;
  const what = role === "server"
    ? "accepts tunnels and dials targets"
    : "SOCKS5 proxy through a tunnel";
  return `# Written by synsocks service.
[Unit]
Description=synsocks ${role}: ${what}
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart=${command.map(quoted).join(" ")}
EnvironmentFile=-${environmentPath(role)}
Environment=DENO_DIR=/var/cache/${name}
Environment=DENO_NO_UPDATE_CHECK=1
# Short-lived objects in 2 MiB: half the memory under load, and faster.
Environment=DENO_V8_FLAGS=--max-semi-space-size=2
CacheDirectory=${name}
# Where Fast Open does not work is kept from one start to the next.
Environment=SYNSOCKS_STATE=/var/lib/${name}
StateDirectory=${name}
Restart=always
RestartSec=2
# A wrong setting or a rejected token: to start again does not help.
RestartPreventExitStatus=2 3
TimeoutStopSec=15
LimitNOFILE=262144

# A user of its own, which exists while the service runs.
DynamicUser=yes
User=${name}
UMask=0077

# The network and its own two directories are all that it needs.
CapabilityBoundingSet=
NoNewPrivileges=yes
PrivateDevices=yes
PrivateTmp=yes
ProtectSystem=strict
ProtectHome=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
# Read-only: it looks whether the kernel lets it use TCP Fast Open.
ProtectKernelTunables=yes
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
# AF_NETLINK is for the lookup of names.
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
# The JavaScript engine protects its code with @pkey, and it writes code that it
# runs, so MemoryDenyWriteExecute cannot be had.
SystemCallFilter=@system-service @pkey
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`;
}

/** A word of a command line in a unit: systemd.service(5), COMMAND LINES. */
function quoted(word: string): string {
  const escaped = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /[\s"'\\;]/.test(word)
    ? `"${escaped.replace(/["\\]/g, "\\$&")}"`
    : escaped;
}

function environmentPath(role: ServiceRole): string {
  return `/etc/synsocks/${role}.env`;
}

/** The settings of a role, as its environment variables. */
export function environmentText(role: ServiceRole, token: string): string {
  const lines = role === "server"
    ? [
      "# Secret that clients must show.",
      `SYNSOCKS_TOKEN=${token}`,
      "# SYNSOCKS_WEBSOCKET_HOST=0.0.0.0",
      "# SYNSOCKS_WEBSOCKET_PORT=8765",
    ]
    : [
      "# The server, and the secret that it knows.",
      "SYNSOCKS_URL=ws://localhost:8765",
      `SYNSOCKS_TOKEN=${token}`,
      "# Answer apps before the target has.",
      "SYNSOCKS_FASTOPEN=true",
      "# SYNSOCKS_SOCKS_HOST=127.0.0.1",
      "# SYNSOCKS_SOCKS_PORT=9870",
    ];
  return `# Settings of the synsocks ${role}; synsocks ${role} --help has all.\n` +
    `${lines.join("\n")}\n`;
}

/**
 * The files of an installation without the kernel's settings.
 *
 * @param roles Which units.
 * @param commandOf What each unit runs.
 * @param token The token of both; existing ones are kept.
 */
export function serviceFiles(
  roles: readonly ServiceRole[],
  commandOf: (role: ServiceRole) => readonly string[],
  token: string,
): ServiceFile[] {
  return roles.flatMap((role) => [
    {
      path: `/etc/systemd/system/synsocks-${role}.service`,
      text: unitText(role, commandOf(role)),
      mode: PUBLIC_MODE,
      kept: false,
    },
    {
      path: environmentPath(role),
      text: environmentText(role, token),
      mode: SECRET_MODE,
      kept: true,
    },
  ]);
}

/**
 * The token of an earlier installation of either role, so that both keep the
 * same one.
 */
export async function installedToken(
  root: string,
): Promise<string | undefined> {
  for (const role of ["server", "client"] as const) {
    try {
      const text = await Deno.readTextFile(root + environmentPath(role));
      const token = /^SYNSOCKS_TOKEN=(\S+)$/m.exec(text)?.[1];
      if (token !== undefined) return token;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}

/** Writes files below `root`; tells of each what was done. */
export async function writeServiceFiles(
  files: readonly ServiceFile[],
  root: string,
): Promise<string[]> {
  const done: string[] = [];
  for (const { path, text, mode, kept } of files) {
    const at = root + path;
    await Deno.mkdir(at.slice(0, at.lastIndexOf("/")), { recursive: true });
    try {
      await Deno.writeTextFile(at, text, { mode, createNew: kept });
      done.push(`written  ${at}`);
    } catch (error) {
      if (!kept || !(error instanceof Deno.errors.AlreadyExists)) throw error;
      done.push(`kept     ${at}`);
    }
  }
  return done;
}
