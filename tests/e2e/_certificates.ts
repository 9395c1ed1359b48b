/** A certificate for 127.0.0.1 and the authority that vouches for it, as PEM. */
export interface Certificates {
  /** The authority: what a client trusts. */
  ca: string;
  /** The server's certificate. */
  cert: string;
  /** The server's private key. */
  key: string;
}

async function openssl(cwd: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", {
    args,
    cwd,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Whether there is an `openssl` to make certificates with. */
function hasOpenssl(): boolean {
  try {
    return new Deno.Command("openssl", { args: ["version"], stdout: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

/** For `ignore`; the reason is printed. */
export const NO_OPENSSL: boolean = !hasOpenssl();
// deno-lint-ignore no-console -- the reason belongs to the test's output
if (NO_OPENSSL) console.log("skipped: there is no openssl for certificates");

/** Makes new certificates, valid for a day. */
export async function makeCertificates(): Promise<Certificates> {
  const cwd = await Deno.makeTempDir();
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  try {
    await openssl(
      cwd,
      ...["req", "-x509", ...newKey, "-nodes", "-days", "1"],
      ...["-subj", "/CN=test authority", "-keyout", "ca.key", "-out", "ca.pem"],
    );
    await openssl(
      cwd,
      ...["req", ...newKey, "-nodes", "-subj", "/CN=127.0.0.1"],
      ...["-keyout", "key.pem", "-out", "request.pem"],
    );
    await Deno.writeTextFile(
      `${cwd}/extensions`,
      "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n",
    );
    await openssl(
      cwd,
      ...["x509", "-req", "-in", "request.pem", "-days", "1"],
      ...["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"],
      ...["-extfile", "extensions", "-out", "cert.pem"],
    );
    const [ca, cert, key] = await Promise.all(
      ["ca.pem", "cert.pem", "key.pem"].map((name) =>
        Deno.readTextFile(`${cwd}/${name}`)
      ),
    );
    return { ca: ca!, cert: cert!, key: key! };
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}
