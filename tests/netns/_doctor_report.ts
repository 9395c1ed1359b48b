/** The kernel keeps one cookie for each address: each peer has one of its own. */
export const DOCTOR_HOSTS = {
  tls: "127.0.0.1",
  server: "127.0.0.2",
  http: "127.0.0.3",
  plain: "127.0.0.4",
  unknown: "127.0.0.5",
} as const;

/** What clients of the server must show. */
export const TOKEN = "a token of the tests";

/** What `--fix` writes. */
export const SYSCTL_FILE = "/etc/sysctl.d/99-synsocks.conf";

/** What `_doctor_main.ts` prints: a run of the program, and what it left. */
export interface DoctorRun {
  /** The exit code. */
  code: number;
  /** Standard output. */
  stdout: string;
  /** Standard error. */
  stderr: string;
  /** net.ipv4.tcp_fastopen afterwards. */
  setting: string;
  /** The text of `SYSCTL_FILE`; empty if there is none. */
  file: string;
}
